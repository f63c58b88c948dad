import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.measures.registry import measure
from bosonpeak.benchmark.measures.vortices import with_null_modes
from bosonpeak.datasets.errors import ClaimError, NotApplicableError
from bosonpeak.generators.nulls.null_modes import NULL_FIELDS, PLANTED_FIELDS, planted_modes
from bosonpeak.validators.estimates.stored_modes import own_seed
from bosonpeak.validators.vortices import stress_correlations, stress_vorticity
from bosonpeak.validators.waves.shell_splitting import first_shell_of_ensemble

SIDE = 12
RATIO = np.array([0.35, 0.5, 0.7, 0.75, 0.92, 0.97, 1.0, 1.05])
CHAINS, EACH = 6, 2


def glasses(side=SIDE, dimension=2, seed=0):
    """Shaken lattices with modes that are nothing yet."""
    generator = np.random.default_rng(seed)
    axes = np.meshgrid(*[np.arange(side) + 0.5] * dimension, indexing="ij")
    sites = np.stack([axis.ravel() for axis in axes], axis=1)
    samples = CHAINS * EACH
    positions = (sites + generator.uniform(-0.45, 0.45, (samples, *sites.shape))) % side
    return xr.Dataset(
        {
            "position": (("configuration", "particle", "axis"), positions),
            "eigenvector": (
                ("configuration", "low_mode", "particle", "axis"),
                np.zeros((samples, len(RATIO), *sites.shape)),
            ),
            "configuration_index": ("configuration", np.arange(samples)),
            "box": ("axis", np.full(dimension, float(side))),
            "eigenfrequency": (("sample", "mode"), np.tile(1.5 * RATIO, (samples, 1))),
            "first_phonon": ("sample", np.full(samples, 1.5)),
            "chain": ("sample", np.repeat(np.arange(CHAINS), EACH)),
        }
    )


@pytest.fixture(scope="module")
def open_cell():
    data = {"one": glasses(), "other": glasses(seed=1)}
    return lambda group, other=None, /: data[group]


def measured(open_cell, name, **parameters):
    return measure(name, open_cell, "one", parameters)


@pytest.mark.parametrize(
    ("fields", "genuine", "superposed"),
    [
        ("superposed-waves", 0.0, 1.0),
        ("rotating-patches", 1.0, 0.0),
        ("random-fields", 0.0, 0.0),
        ("irrotational-fields", 0.0, 0.0),
    ],
)
def test_fields_of_known_kind_come_out_as_what_they_are(open_cell, fields, genuine, superposed):
    found = measured(open_cell, "genuine-vortices", fields=fields, chains=4)
    assert found.value == pytest.approx(genuine, abs=0.15)
    assert found.n == 4
    assert found.details["modes"] == 16
    waves = measured(open_cell, "superposed-waves", fields=fields)
    assert waves.value == pytest.approx(superposed, abs=0.05)
    assert waves.details["modes"] == 4 * CHAINS * EACH


def test_ensembles_are_counted_together_chain_by_chain(open_cell):
    kinds = {"fields": "rotating-patches"}
    alone = [measure("genuine-vortices", open_cell, cell, kinds) for cell in ("one", "other")]
    both = measured(open_cell, "genuine-vortices", with_cells=["other"], **kinds)
    assert both.n == 2 * CHAINS
    assert both.details["hits"] == sum(each.details["hits"] for each in alone)
    assert both.details["modes"] == sum(each.details["modes"] for each in alone)
    waves = measured(open_cell, "superposed-waves", with_cells=["other"], fields="superposed-waves")
    assert (waves.value, waves.details["modes"]) == (1.0, 2 * 4 * CHAINS * EACH)
    boxes = {"one": glasses(), "other": glasses(side=10)}
    with pytest.raises(NotApplicableError, match="different boxes"):
        measure(
            "superposed-waves", lambda group, other=None, /: boxes[group], "one", {"with_cells": ["other"], **kinds}
        )


def test_contrast_needs_a_difference(open_cell):
    both = {"fields": "rotating-patches", "fields_at_the_phonon": "superposed-waves"}
    apart = measured(open_cell, "less-wave-than-phonon", with_cells=["other"], **both)
    assert apart.value == 1.0
    assert apart.n == 2 * CHAINS
    alike = measured(open_cell, "less-wave-than-phonon", with_cells=["other"], fields="rotating-patches")
    assert 0.2 < alike.low < 0.5 < alike.high < 0.8


def test_shares_below_and_at_the_phonon(open_cell):
    parameters = {"fields": "superposed-waves"}
    assert measured(open_cell, "wave-share", **parameters).value == pytest.approx(1.0)
    assert measured(open_cell, "wave-share-at-the-phonon", **parameters).window == (0.9, 1.1)
    assert measured(open_cell, "superposed-waves-at-the-phonon", **parameters).value == 1.0


def test_the_shell_is_where_its_waves_are():
    data = with_null_modes(glasses(), "rotating-patches", "superposed-waves")

    def open_cell(group, other=None, /):
        return data

    mean = first_shell_of_ensemble(data).relative_mean
    assert mean.value == pytest.approx(RATIO[4:].mean(), abs=0.03)
    splitting = measured(open_cell, "first-shell-splitting")
    assert splitting.value == pytest.approx(RATIO[4:].std() / RATIO[4:].mean(), abs=0.03)
    foot = measured(open_cell, "first-shell-foot")
    assert foot.value < mean.value - 2.0 * RATIO[4:].std()
    assert measured(open_cell, "genuine-vortices").value == 1.0
    assert measured(open_cell, "genuine-vortices", split=True).value == pytest.approx(np.mean(RATIO[:4] < foot.value))


def test_null_modes_belong_to_their_glass():
    data = glasses()
    once, again = (with_null_modes(data, "random-fields")["eigenvector"].values for _ in range(2))
    assert np.array_equal(once, again)
    assert not np.allclose(once[0], once[1])
    np.testing.assert_allclose((once**2).sum(axis=(2, 3)), 1.0)
    assert len(NULL_FIELDS) == 4


def test_planted_fields_turn_or_strain_at_small_stresses():
    data = glasses(side=16)
    box = data["box"].values
    generator = np.random.default_rng(5)
    found = {kind: [] for kind in PLANTED_FIELDS}
    for places in data["position"].values:
        stress = generator.uniform(0.5, 1.5, len(places))  # small in small regions, as in glasses
        for kind, each in found.items():
            fields = planted_modes(places, box, stress, 4, kind, own_seed(places))
            assert np.array_equal(fields, planted_modes(places, box, stress, 4, kind, own_seed(places)))
            np.testing.assert_allclose((fields**2).sum(axis=(1, 2)), 1.0)
            each.append(stress_correlations(places, fields, box, stress))
    rotation, strain = (stress_vorticity(found[kind]) for kind in PLANTED_FIELDS)
    assert rotation.vorticity.high < -0.02
    assert rotation.difference.high < 0.0
    assert strain.strain.high < -0.02
    assert strain.difference.low > 0.0


def test_what_is_not_there_is_refused(open_cell):
    with pytest.raises(ClaimError, match="no such fields"):
        measured(open_cell, "superposed-waves", fields="rainbows")
    with pytest.raises(NotApplicableError, match="below the first phonon"):
        measured(open_cell, "genuine-vortices", fields="superposed-waves", highest=0.1)
