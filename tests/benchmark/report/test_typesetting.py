"""Formulae in the claims' own words, as a reader sees them."""

import re
import time
from xml.etree import ElementTree

import pytest

from bosonpeak.benchmark.judging.claim_file import load_claims
from bosonpeak.benchmark.report.words.literature import cited
from bosonpeak.benchmark.report.words.typesetting import GREEK, typeset


def shown(text):
    """What is typeset, between brackets, with its structure as TeX has it."""
    root = ElementTree.fromstring(f"<p>{typeset(text)}</p>")
    return (root.text or "") + "".join(f"⟦{read(child)}⟧{child.tail or ''}" for child in root)


def read(element):
    parts = [read(child) for child in element]
    if element.tag == "msup":
        return f"{parts[0]}^{parts[1]}"
    if element.tag == "msub":
        return f"{parts[0]}_{parts[1]}"
    if element.tag == "msubsup":
        return f"{parts[0]}_{parts[1]}^{parts[2]}"
    if element.tag == "msqrt":
        return f"√({''.join(parts)})"
    return " " if element.tag == "mspace" else (element.text or "") + "".join(parts)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("glasses have g(omega) ~ omega^2 below", "glasses have ⟦g(ω)∼ω^2⟧ below"),
        ("T* >> T_d: 1.00, six times T_d", "⟦T^*≫T_d⟧: 1.00, six times ⟦T_d⟧"),
        ("0.3 to 0.55 omega_0, at N = 1000", "0.3 to ⟦0.55 ω_0⟧, at ⟦N=1000⟧"),
        ("N e ~ N^D from N = 1000 up", "⟦Ne∼N^D⟧ from ⟦N=1000⟧ up"),
        ("lies at (sqrt3/2) c k_G", "lies at ⟦(√(3)/2) c k_G⟧"),
        ("peak 0.43 sqrt(t0/m)", "peak ⟦0.43 √(t_0/m)⟧"),
        ("in epsilon (a/r_c)^12", "in ⟦ε (a/r_c)^12⟧"),
        ("of |r phi'|", "of ⟦|r φ^′|⟧"),
        ("m = infinity, T-1.00: s = 2.24 [1.91, 2.60]", "⟦m=∞⟧, ⟦T^*=1.00⟧: ⟦s=2.24⟧ [1.91, 2.60]"),
        ("over situation-2/delta-0.3", "over situation 2, ⟦δ=0.3⟧"),
        ("maxima of C(q, omega)/omega^2 at 7", "maxima of ⟦C(q,ω)/ω^2⟧ at 7"),
        ("against ln <omega_min>", "against ⟦ln⟨ω_min⟩⟧"),
        ("alpha = -0.538 on [1e-09, 1e-07]", "⟦α=−0.538⟧ on [1e-09, 1e-07]"),
        ("10^-3 k_G << k_D", "⟦10^−3 k_G≪k_D⟧"),
        ("(√3/2) c k_G", "⟦(√(3)/2) c k_G⟧"),
    ],
)
def test_formulae_are_recognised(written, expected):
    assert shown(written) == expected


def test_a_title_beside_its_doi_is_linked_once_and_whole():
    shown = cited(
        "C. Jiang, homogeneous thermalization of an inhomogeneous elastic system, https://doi.org/10.48550/arXiv.2501.10947"
    )
    assert shown.count("<a ") == 1
    assert shown.endswith(">https://doi.org/10.48550/arXiv.2501.10947</a>")


@pytest.mark.parametrize(
    "text",
    [
        "A sample I made in a box is a test of s",
        "likeness to GOE (0 Poisson, 1 GOE)",
        "Student t; delete-one jackknife, 1 - 2 samples",
        "glass/taper-2 and null/dilution",
        "<script>alert('x')</script> & \"quotes\" {{ 7 * 7 }}",
    ],
)
def test_sentences_stay_sentences(text):
    assert shown(text) == text


def test_the_claims_show_no_letter_by_its_name():
    """No ASCII "omega", index or power reaches the page from the texts of the claims."""
    for claim in load_claims():
        for text in (claim.title, claim.statement, claim.rival_reading, *(part.says for part in claim.parts)):
            left = re.sub(r"⟦.*?⟧", "", shown(text))
            assert not re.search(rf"\b({'|'.join(GREEK)})\b|_[a-zA-Z0-9]\b|\^", left), f"{claim.id}: {left}"


@pytest.mark.parametrize("text", ["(" * 5000, "omega " * 5000, "a_" * 5000, "omega^(" * 2000, "|" * 4001, "<" * 5000])
def test_a_hostile_text_takes_no_time(text):
    begun = time.process_time()
    ElementTree.fromstring(f"<p>{typeset(text)}</p>")
    assert time.process_time() - begun < 2
