import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.nulls.displacement_fields import as_modes, degenerate_waves, gaussian_fields
from bosonpeak.validators.vortices.census import SplitShell, vortex_census

SIDE = 14
RATIO = np.array([0.3, 0.5, 0.7, 1.0])


def ensemble(configurations=4):
    """A vortex mode at 0.3 omega_0, waves at 0.5, irrotational motion at 0.7, waves at the phonon."""
    generator, box = np.random.default_rng(5), np.full(2, float(SIDE))
    sites = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1).reshape(-1, 2) + 0.5
    positions = (sites + generator.uniform(-0.45, 0.45, (configurations, *sites.shape))) % SIDE
    vectors = []
    for index, places in enumerate(positions):
        fields = [
            gaussian_fields(box, 1, 10 + index, correlation_length=0.06 * SIDE, transverse_share=1.0),
            degenerate_waves(box, 1, 20 + index),
            gaussian_fields(box, 1, 30 + index, correlation_length=0.06 * SIDE, transverse_share=0.0),
            degenerate_waves(box, 1, 40 + index),
        ]
        vectors.append(as_modes(np.concatenate([field.at(places) for field in fields])))
    return xr.Dataset(
        {
            "position": (("configuration", "particle", "axis"), positions),
            "eigenvector": (("configuration", "low_mode", "particle", "axis"), np.array(vectors, dtype=np.float32)),
            "configuration_index": ("configuration", np.arange(configurations)),
            "box": ("axis", box),
            "eigenfrequency": (("sample", "mode"), np.outer(1.0 + np.arange(configurations), np.append(RATIO, 1.2))),
            "first_phonon": ("sample", 1.0 + np.arange(configurations)),
            "chain": ("sample", np.arange(configurations)),
        }
    )


@pytest.fixture(scope="module")
def data():
    return ensemble()


def test_only_the_vortex_modes_are_genuine(data):
    found = vortex_census(data)
    assert found.modes["kind"].values.tolist() == [["vortex", "waves", "irrotational", "waves"]] * 4
    for estimate in (found.genuine, found.waves, found.irrotational):
        assert estimate.value == pytest.approx(1 / 3)
        assert estimate.low < 1 / 3 < estimate.high
        assert estimate.n == 4
        assert estimate.details["modes"] == 12
    assert found.random.value == 0.0
    assert found.genuine.window == (0.0, 0.8)
    assert not found.genuine.warnings
    assert found.waves_at_the_phonon.value == 1.0
    assert found.modes["genuine"].values[:, 0].all()
    assert found.modes["genuine"].values.sum() == 4
    np.testing.assert_allclose(found.modes["frequency_ratio"], np.tile(RATIO, (4, 1)))


def test_a_wide_shell_may_explain_a_low_mode(data):
    narrow = vortex_census(data, shell=SplitShell(1.0, 0.1, 4))
    assert narrow.genuine.value == pytest.approx(1 / 3)
    assert (narrow.modes["p_shell"].values[:, 0] < 1e-9).all()
    wide = vortex_census(data, shell=SplitShell(0.9, 0.4, 4))
    assert wide.genuine.value == 0.0
    assert (wide.modes["p_value"] >= wide.modes["p_shell"]).all()
    assert (wide.modes["p_value"].values[:, 0] > 0.05).all()


def test_chains_are_the_independent_unit(data):
    shared = data.assign(chain=("sample", [0, 0, 1, 1]))
    found = vortex_census(shared)
    assert found.genuine.n == 2
    assert not found.genuine.has_interval
    assert "too few chains" in found.genuine.warnings[0]


def test_missing_modes_and_a_missing_control_are_told(data):
    short = data.isel(low_mode=slice(2))
    found = vortex_census(short)
    assert found.waves_at_the_phonon is None
    assert "in 4 of 4 configurations" in found.genuine.warnings[0]


def test_more_lenient_rivals_leave_fewer_genuine_modes(data):
    lenient = vortex_census(data, wave_share=0.05)
    assert lenient.genuine.value <= vortex_census(data).genuine.value
    assert lenient.waves.value >= vortex_census(data).waves.value
    assert lenient.genuine_if_mixed.value <= lenient.genuine.value


def test_what_cannot_be_judged_is_refused(data):
    with pytest.raises(NotApplicableError, match="below the first phonon"):
        vortex_census(data, highest=0.1)
    with pytest.raises(NotApplicableError, match="first_phonon"):
        vortex_census(data.drop_vars("first_phonon"))


def test_the_rotation_of_modes_that_are_not_judged_is_not_looked_at(data):
    whole, low = vortex_census(data), vortex_census(data, highest=0.4)
    assert low.modes["kind"].values.tolist() == [["vortex", "waves", "not waves", "waves"]] * 4
    assert np.isnan(low.modes["rotation"].values[:, 1:]).all()
    assert not low.modes["genuine"].values[:, 1:].any()
    np.testing.assert_allclose(low.modes["rotation"].values[:, 0], whole.modes["rotation"].values[:, 0])
    assert low.genuine.value == 1.0
    assert low.waves_at_the_phonon == whole.waves_at_the_phonon
