"""Names of members: which are taken for paths, and why the others are not."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.datasets.adapters.files.archive_checks import DistinctNames, plain_parts, require_plain_file_name
from bosonpeak.datasets.errors import ForeignInputError


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a//b/./c/", ("a", "b", "c")),
        ("./", ()),
        ("a..b/.c/d e", ("a..b", ".c", "d e")),
        ("p" * 255, ("p" * 255,)),
        ("/".join(["\N{GREEK SMALL LETTER OMEGA}" * 100] * 5 + ["p" * 19]), None),
        ("/".join("abcdefghijklmnop"), tuple("abcdefghijklmnop")),
    ],
)
def test_parts_up_to_the_limits(name, parts):
    assert plain_parts(name, "x.zip") == (tuple(name.split("/")) if parts is None else parts)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("/etc/passwd", "absolute"),
        ("a/../b", "it leads to a parent folder"),
        ("a\0b", "it contains U+0000"),
        ("a\u2028b", "it contains U+2028"),
        ("a\ud800b", "it contains U+D800"),
        ("a<b", "it contains <"),
        ("C:a", "it contains :"),
        ("p" * 256, "too long"),
        ("/".join(["\N{GREEK SMALL LETTER OMEGA}" * 100] * 5 + ["p" * 20]), "too long"),
        ("/".join("abcdefghijklmnopq"), "more than 16 parts"),
        ("a/ b", "a part begins or ends with a blank, ends with a point, or names a device on some system"),
        ("a/b.", "a part begins or ends with a blank, ends with a point, or names a device on some system"),
        ("nul.txt", "a part begins or ends with a blank, ends with a point, or names a device on some system"),
    ],
)
def test_why_a_name_is_refused(name, why):
    with pytest.raises(ForeignInputError) as caught:
        plain_parts(name, "x.zip")
    error = caught.value
    assert (error.what, error.expected) == ("an archive member has an unsafe name", "a relative path of plain names")
    assert (error.got, error.where) == (f"{name[:80]!a}: {why}", "x.zip")
    assert error.done == "nothing was unpacked"


@pytest.mark.parametrize(("name", "why"), [("a<b", "<"), ("a>b", ">"), ("a\u202eb", "U+202E"), ("a\nb", "U+000A")])
def test_file_names_that_are_no_plain_text(name, why):
    with pytest.raises(ForeignInputError) as caught:
        require_plain_file_name(name, f"folder/{name}")
    error = caught.value
    assert error.what == "the file name is not plain text"
    assert error.expected == "a name without <, > and invisible characters"
    assert (error.got, error.where) == (f"{name!a}: it contains {why}", ascii(f"folder/{name}")[1:-1])
    assert error.done == "it was not read"


@pytest.mark.parametrize("name", ["a:b", "a b.", "nul", "\N{GREEK SMALL LETTER OMEGA}", "a\udcff", "x" * 300])
def test_file_names_that_are_there_already_need_not_suit_other_systems(name):
    require_plain_file_name(name, name)


def test_both_spellings_are_told():
    names = DistinctNames()
    names.add(("a", "B", "c"), is_folder=False, where="x.zip")
    names.add(("a", "B"), is_folder=True, where="x.zip")
    with pytest.raises(ForeignInputError) as caught:
        names.add(("a", "b", "d"), is_folder=False, where="x.zip")
    error = caught.value
    assert error.what == "two archive members have the same name"
    assert error.expected == "names that differ in more than case, and no file inside a file"
    assert (error.got, error.where, error.done) == ("'a/B' and 'a/b/d'", "x.zip", "nothing was unpacked")


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(st.sampled_from(["..", ".", "", "a", "A", "b.", "C:", "\\", "~", "c"]), max_size=6).map("/".join),
    )
)
def test_whatever_the_name_it_stays_below_the_folder(name):
    try:
        parts = plain_parts(name, "x")
    except ForeignInputError:
        return
    root = Path("/somewhere/content")
    place = Path(os.path.normpath(root.joinpath(*parts)))
    assert place == root.joinpath(*parts)
    assert place == root or root in place.parents


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.sampled_from("aAbä"), min_size=1, max_size=3).map(tuple), max_size=6))
def test_accepted_names_are_distinct_files_on_a_system_without_case(names):
    taken = DistinctNames()
    try:
        for parts in names:
            taken.add(parts, is_folder=False, where="x")
    except ForeignInputError:
        return
    folded = ["/".join(parts).casefold() for parts in names]
    assert len(set(folded)) == len(folded)
    assert not any(other.startswith(f"{name}/") for name in folded for other in folded)
