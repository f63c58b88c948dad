import math

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.measures.vortices import with_null_modes
from bosonpeak.benchmark.report.svg import draw_figure

RATIO = np.array([0.4, 0.7, 0.95, 1.05])


def glasses(dimension, side, seed):
    """Patches that turn below the phonon, superposed waves at it."""
    generator = np.random.default_rng(seed)
    axes = np.meshgrid(*[np.arange(side) + 0.5] * dimension, indexing="ij")
    sites = np.stack([axis.ravel() for axis in axes], axis=1)
    positions = (sites + generator.uniform(-0.4, 0.4, (4, *sites.shape))) % side
    data = xr.Dataset(
        {
            "position": (("configuration", "particle", "axis"), positions),
            "eigenvector": (("configuration", "low_mode", "particle", "axis"), np.zeros((4, 4, *sites.shape))),
            "configuration_index": ("configuration", np.arange(4)),
            "box": ("axis", np.full(dimension, float(side))),
            "eigenfrequency": (("sample", "mode"), np.tile(RATIO, (4, 1))),
            "first_phonon": ("sample", np.ones(4)),
            "chain": ("sample", np.arange(4)),
        }
    )
    return with_null_modes(data, "rotating-patches", "superposed-waves")


@pytest.fixture(scope="module")
def figure(draw):
    data = {
        "glass/modes-2d-1000": glasses(2, 14, 1),
        "glass/modes-2d": glasses(2, 10, 3),
        "glass/modes-3d": glasses(3, 7, 2),
    }
    return draw(
        ("SIM-7",), lambda dataset, group: data.get(dataset), lambda test: test.measure == "less-wave-than-phonon"
    )


def test_shares_and_contrast_are_those_of_the_fields(figure):
    in_plane, in_space, contrast, *_ = figure.panels
    for panel, ensembles in ((in_plane, 1), (in_space, 2)):
        for series in panel.series:
            x, y = np.array(series.x), np.array(series.y)
            assert len(x) == ensembles * 4 * len(RATIO)
            assert (y[x > 0.9] > 0.99).all()
            assert (y[x < 0.9] < 0.6).all()
    # In space and in the smaller boxes of the plane: both potentials together, and each; in the larger: together.
    assert len(contrast.series) == 7
    assert all(value == 1.0 for series in contrast.series for value in series.y)


def test_the_arrows_of_the_mode_are_all_there_and_split_by_sense(figure):
    series = figure.panels[3].series
    assert {each.order for each in series} == {0, 1}
    assert [each.label for each in series].count("turning left") == 1
    arrows = [np.array([math.nan if v is None else v for v in each.x]).reshape(-1, 6) for each in series]
    drawn = sum(len(each) for each in arrows)
    assert 1.4 * 14**2 < drawn < 1.7 * 14**2
    assert all(np.isnan(each[:, 5]).all() and np.isfinite(each[:, :5]).all() for each in arrows)


def test_the_slice_of_a_mode_in_space_shows_particles_near_its_core(figure):
    panel = figure.panels[6]
    assert "d = 3" in panel.title
    arrows = [np.array([math.nan if v is None else v for v in each.x]).reshape(-1, 6) for each in panel.series]
    drawn = sum(len(each) for each in arrows)
    assert 1.57 * 7**2 < drawn < 1.57 * 3 * 7**2


def test_the_shares_of_a_mode_in_waves_add_up_to_what_waves_show_of_it(figure):
    for panel in (figure.panels[4], figure.panels[7]):
        transverse, longitudinal = (np.array(series.y) for series in panel.series)
        assert (transverse >= 0).all()
        assert (longitudinal >= 0).all()
        assert 0.2 < (transverse + longitudinal).sum() <= 1.0 + 1e-9
        assert transverse.sum() > longitudinal.sum()  # a patch that turns


def test_the_mode_has_its_place_in_the_spectrum_below_the_phonon(figure):
    for panel in (figure.panels[5], figure.panels[8]):
        mode, phonon = panel.marks
        assert mode.value < phonon.value
        assert sum(panel.series[0].y) > 0.0


def test_it_can_be_drawn(figure):
    drawn = draw_figure(figure, "modes")
    assert len(drawn) == 9
    assert all("<svg" in panel.svg for panel in drawn)
