import math
from pathlib import Path

import pytest

from bosonpeak.benchmark.cards.card import EnsembleCard
from bosonpeak.benchmark.judging.measurements import ReferenceData
from bosonpeak.benchmark.submission.card_potential import potential_of
from bosonpeak.benchmark.submission.reading import _require_the_card
from bosonpeak.benchmark.submission.reference_ensembles import regime_of, regimes, why_none
from bosonpeak.datasets import list_datasets
from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.generators.particles.potentials import InversePower

GLASS = {"particles": 1000, "density": 1.0, "exponent": 12, "cutoff": 1.955, "taper": 2.0, "parent_temperature": 0.2}
NETWORK = {"nodes": 3600, "situation": 2, "displacement": 0.2}


def card(system="soft-spheres", dimension=3, **changes):
    basis = NETWORK if system == "spring-network" else GLASS
    return EnsembleCard(system, dimension, {**basis, **changes})


def card_of(regime):
    values = {key: math.inf if value == "inf" else value for key, value in regime.parameters}
    if regime.system == "spring-network":
        values["nodes"] = regime.degrees_of_freedom
    return EnsembleCard(regime.system, regime.dimension, values)


def test_every_regime_is_found_by_its_own_card_and_by_no_other():
    everything = regimes()
    assert len({(regime.system, regime.dimension, regime.parameters) for regime in everything}) == len(everything)
    for regime in everything:
        assert regime_of(card_of(regime)) == regime


def test_the_reference_of_a_regime_can_be_opened_and_says_the_same():
    reference, registered = ReferenceData(), {entry.name for entry in list_datasets()}
    for regime in regimes():
        attributes = reference.cell(regime.dataset, regime.group).attrs
        assert (regime.dataset, regime.group) == regime.places[0]
        assert {dataset for dataset, _ in regime.places} <= registered
        assert attributes["degrees_of_freedom"] == regime.degrees_of_freedom
        for name in ("parent_temperature", "displacement", "density"):
            assert attributes.get(name) == dict(regime.parameters).get(name)


def test_a_glass_and_a_network_of_the_papers():
    glass, network = regime_of(card()), regime_of(card("spring-network", 2))
    assert (glass.dataset, glass.group) == ("glass/taper-2", "T-0.20")
    assert (network.dataset, network.group) == ("network/paper", "situation-2/delta-0.2")
    assert ("network/spectra", network.group) in network.places
    assert regime_of(card(taper=math.inf)).dataset == "glass/taper-inf"
    assert regime_of(card(particles=1600)).dataset == "glass/level-statistics"


def test_the_box_of_a_network_does_not_enter():
    assert regime_of(card("spring-network", 2, nodes=900)) == regime_of(card("spring-network", 2))


def test_controls_toys_and_crystals_are_no_regimes():
    groups = " ".join(regime.group for regime in regimes())
    assert not any(word in groups for word in ("dilution", "weak", "broad", "cutoff", "added", "lattice", "crystal"))
    assert regime_of(card("spring-network", 2, displacement=0.0)) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"parent_temperature": 0.18}, "parent_temperature 0.17 there, 0.18 on the card"),
        ({"taper": 5.0}, "taper 4 there, 5 on the card"),
        ({"particles": 1200}, "particles"),
        ({"dimension": 2, "particles": 3000}, "particles 1000 there, 3000 on the card"),
        ({"exponent": 10}, "exponent 12 there, 10 on the card"),
    ],
)
def test_the_nearest_regime_is_named(changes, words):
    stated = card(**changes)
    assert regime_of(stated) is None
    assert words in why_none(stated)


def test_an_unknown_system_and_a_silent_card():
    assert "no ensemble of hard-spheres" in why_none(EnsembleCard("hard-spheres", 3, {}))
    silent = EnsembleCard("soft-spheres", 3, {key: value for key, value in GLASS.items() if key != "density"})
    assert regime_of(silent) is None
    assert "density 1 there, nothing on the card" in why_none(silent)


def test_the_taper_of_the_card_is_that_of_the_potential():
    for taper in (2.0, 3.0, math.inf):
        assert potential_of(card(taper=taper)) == InversePower(12, 1.955, taper)
    assert potential_of(card(taper=2.0)) != potential_of(card(taper=3.0))


def test_regimes_differ_by_the_taper_alone():
    found = [regime_of(card(taper=taper)).dataset for taper in (2.0, 3.0, math.inf)]
    assert found == ["glass/taper-2", "glass/tapers-between", "glass/taper-inf"]
    assert regime_of(card(taper=5.0)) is None


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("taper", 3.0),
        ("taper", math.inf),
        ("parent_temperature", 0.21),
        ("particles", 999),
        ("density", 1.01),
        ("cutoff", 2.0),
    ],
)
def test_stored_glasses_that_say_otherwise_contradict_the_card(name, other):
    """The dataset's own attributes are all that tells: no configuration shows what was not stored."""
    stored = ReferenceData().cell("glass/taper-2", "T-0.20")
    _require_the_card(stored, card(), Path("glasses.nc"))
    with pytest.raises(ForeignInputError, match=f"(?s)contradict each other.*{name} = "):
        _require_the_card(stored, card(**{name: other}), Path("glasses.nc"))


def test_ensembles_that_were_made_again_are_places_of_one_regime():
    places = {regime.name: regime.places for regime in regimes()}
    assert places["glass/sizes/N-500"] == (("glass/sizes", "N-500"), ("limit/sizes", "T-0.20/N-500"))
    assert ("limit/taper-inf", "T-0.20") in places["glass/taper-inf/T-0.20"]
    named = [place for same in places.values() for place in same]
    assert len(named) == len(set(named))
