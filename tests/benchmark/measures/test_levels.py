import math

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.measures.levels import RANDOM_MATRICES, embedded_reference
from bosonpeak.benchmark.measures.registry import measure
from bosonpeak.datasets.errors import ClaimError, NotApplicableError
from bosonpeak.generators.nulls.spectra import beta_ensemble_levels, poisson_levels
from bosonpeak.generators.sample_generators.known_truth import RandomLevels, RandomModes
from bosonpeak.validators.levels.mode_extent import outermost_modes

LEVELS = RandomLevels()
CHAINS, EACH = 20, 6
SIZES = {"N-500": 500, "T-0.20": 1000, "N-2000": 2000, "N-4000": 4000, "N-1600": 1600}


def made(generator, chains, **parameters):
    complete = generator.check(parameters)
    seeds = np.random.SeedSequence(3).spawn(chains)
    return generator.assemble(complete, [generator.sample(complete, seed) for seed in seeds])


def glass(particles, low_growth, high_growth, seed):
    """Lowest levels that repel each other, highest ones that do not, and particle numbers that grow as told."""
    generator = np.random.default_rng(seed)
    samples = CHAINS * EACH
    low = made(LEVELS, CHAINS, part="middle", order=90, count=60, samples_per_chain=EACH, modes_below_phonon=6.0)
    full = beta_ensemble_levels(100, 1.0, samples // 2, seed) + 100.0
    scatter = np.exp(0.3 * generator.standard_normal((2, samples, 60)))
    number = [40.0 * (particles / 1000.0) ** growth for growth in (low_growth, high_growth)]
    return xr.Dataset(
        {
            "eigenfrequency": low["eigenfrequency"],
            "first_phonon": low["first_phonon"],
            "chain": low["chain"],
            "participation_ratio": (("sample", "mode"), number[0] * scatter[0] / particles),
            "highest_eigenfrequency": (("sample", "high_mode"), 50.0 + poisson_levels(60, samples, seed)),
            "highest_participation_ratio": (("sample", "high_mode"), number[1] * scatter[1] / particles),
            "full_eigenfrequency": (("full_sample", "full_mode"), full),
            "full_sample_index": ("full_sample", np.arange(samples // 2) * 2),
            "inherent_structure_energy": ("sample", generator.standard_normal(samples)),
            "sweep": ("sample", np.tile(100 * np.arange(1, EACH + 1), CHAINS)),
        },
        attrs={"particles": particles, "degrees_of_freedom": 100},
    )


@pytest.fixture(scope="module")
def data():
    matrices = {
        f"{name}/{part}": made(LEVELS, 20, order=300, part=part, samples_per_chain=10)
        for name in ("goe-2997", "goe-4797")
        for part in ("lowest", "middle")
    }
    glasses = {group: glass(particles, 0.0, 1.0, 7 * particles) for group, particles in SIZES.items()}
    return {RANDOM_MATRICES: matrices, "glass": glasses}


@pytest.fixture
def open_cell(data):
    return lambda group, other=None, /: data[other or "glass"][group]


def measured(open_cell, name, **parameters):
    return measure(name, open_cell, "T-0.20", parameters)


def test_each_window_is_judged_by_its_own_levels(open_cell):
    low = measured(open_cell, "goe-likeness", part="lowest", count=50)
    middle = measured(open_cell, "goe-likeness", part="middle", count=50)
    high = measured(open_cell, "goe-likeness", part="highest", count=50)
    assert low.low < 1.0 < low.high
    assert middle.low < 1.0 < middle.high
    assert high.low < 0.0 < high.high
    assert max(e.high - e.low for e in (low, middle, high)) < 0.5
    assert middle.n == CHAINS


def test_the_other_features_agree_with_the_likeness(open_cell):
    assert measured(open_cell, "repulsion-exponent", part="highest", count=50).high < 0.3
    assert measured(open_cell, "repulsion-exponent", part="lowest", count=50).low > 0.6


def test_modes_below_the_phonon_are_judged_by_themselves(open_cell):
    found = measured(open_cell, "goe-likeness-below-phonon", high=0.95)
    assert found.low < 1.0 < found.high
    assert found.low > 0.0


def test_embedded_matrices_are_cut_as_data_are(open_cell, data):
    lowest = data[RANDOM_MATRICES]["goe-2997/lowest"]["eigenfrequency"].values
    assert np.array_equal(embedded_reference(open_cell, "goe-2997", "lowest", 10).levels, lowest[:, 2:10])
    mirrored = embedded_reference(open_cell, "goe-2997", "highest", 10).levels
    assert np.array_equal(mirrored, -lowest[:, 9::-1])
    assert (np.diff(mirrored, axis=1) > 0.0).all()
    assert embedded_reference(open_cell, "goe-2997", "middle", 20).levels.shape[1] == 20
    with pytest.raises(NotApplicableError, match="no random matrices"):
        embedded_reference(open_cell, "goe-2997", "lowest", 60)


def test_growth_is_found_where_it_is(open_cell):
    sizes = {"other_dataset": "glass", "other_cells": ["N-500", "N-2000", "N-4000"]}
    level = measured(open_cell, "participation-growth", **sizes, high=0.9)
    assert level.low < 0.0 < level.high < 0.2
    growing = measured(
        open_cell, "participation-growth-by-rank", other_dataset="glass", other_cell="N-1600", counts=[30, 48]
    )
    assert growing.value == pytest.approx(1.0, abs=0.1)
    assert growing.low < growing.value < growing.high


def test_equal_frequencies_take_the_phonon_of_the_largest_box(data):
    """N e that falls with omega alone looks like growth where each box is scaled by its own phonon."""
    boxes = {}
    for group, particles in SIZES.items():
        ensemble = data["glass"][group]
        scale = (particles / 1000.0) ** (-1.0 / 3.0)
        frequency = ensemble["eigenfrequency"] * scale
        number = 40.0 / frequency
        boxes[group] = ensemble.assign(
            eigenfrequency=frequency,
            first_phonon=ensemble["first_phonon"] * scale,
            participation_ratio=number / particles,
        )
    sizes = {"other_dataset": "x", "other_cells": ["N-500", "N-2000", "N-4000"], "high": 0.95}
    own, largest = (
        measure(
            "participation-growth", lambda group, other=None, /: boxes[group], "T-0.20", {**sizes, "scale": scale}
        ).value
        for scale in ("own", "largest")
    )
    assert own == pytest.approx(1.0 / 3.0, abs=0.02)
    assert abs(largest) < 0.1


def test_modes_by_rank_come_from_the_right_end(open_cell, data):
    ensemble = data["glass"]["T-0.20"]
    highest, lowest = (outermost_modes(ensemble, part, 10) for part in ("highest", "lowest"))
    assert np.array_equal(highest["eigenfrequency"], ensemble["highest_eigenfrequency"][:, -10:])
    assert np.array_equal(lowest["participation_ratio"], ensemble["participation_ratio"][:, :10])
    found = measured(open_cell, "participation-number-by-rank", part="highest", count=10)
    expected = np.exp(np.log(1000.0 * highest["participation_ratio"].values).mean())
    assert found.value == pytest.approx(expected)
    assert measured(open_cell, "participation-ratio-by-rank", part="lowest", count=5).value == pytest.approx(
        float(ensemble["participation_ratio"][:, :5].mean())
    )


def test_random_modes_are_told_apart():
    modes = {
        (kind, particles): made(RandomModes(), 5, particles=particles, samples_per_chain=2, **length)
        for kind, length in (("extended", {}), ("localised", {"localisation_length": 1.5}))
        for particles in (500, 1000, 2000, 4000)
    }
    for kind, exponent in (("extended", 1.0), ("localised", 0.0)):
        found = measure(
            "participation-growth",
            lambda group, other=None, /, kind=kind: modes[kind, group],
            1000,
            {"other_dataset": "x", "other_cells": [500, 2000, 4000]},
        )
        assert found.value == pytest.approx(exponent, abs=0.2)


def test_the_chains_tell_of_their_equilibrium(open_cell):
    drift = measured(open_cell, "inherent-structure-drift")
    assert drift.low < 0.0 < drift.high
    assert abs(measured(open_cell, "inherent-structure-correlation").value) < 0.4
    assert measured(open_cell, "effective-glasses").value <= CHAINS * EACH + 1e-9
    with pytest.raises(NotApplicableError, match="does not tell its excluded"):
        measured(open_cell, "excluded-quenches")


def test_what_cannot_be_measured_is_refused(open_cell, data):
    sizes = {"other_dataset": "glass", "other_cells": ["N-500", "N-2000"]}
    short = {group: ensemble.isel(mode=slice(2)) for group, ensemble in data["glass"].items()}
    with pytest.raises(NotApplicableError, match="end inside the window"):
        measure("participation-growth", lambda group, other=None, /: short[group], "T-0.20", {**sizes, "high": 1.0})
    with pytest.raises(NotApplicableError, match="equal sizes"):
        measured(open_cell, "participation-growth-by-rank", other_dataset="glass", counts=[30, 30])
    with pytest.raises(NotApplicableError, match="not stored"):
        measured(open_cell, "participation-number-by-rank", count=61)
    with pytest.raises(NotApplicableError, match="unknown part"):
        measured(open_cell, "participation-number-by-rank", part="middle")
    with pytest.raises(ClaimError, match="does not take these parameters"):
        measured(open_cell, "goe-likeness", window="lowest")


def test_the_figures_show_every_window_with_its_rivals(data, draw):
    def open_ensemble(dataset, group):
        if dataset == RANDOM_MATRICES:
            return data[RANDOM_MATRICES].get(group)
        return data["glass"][_group(dataset, group)] if dataset.startswith("glass/") else None

    ratios = draw(("SIM-5",), open_ensemble)
    assert [panel.title for panel in ratios.panels[:3]] == ["lowest 50 levels", "middle 50 levels", "highest 50 levels"]
    for panel in ratios.panels[:3]:
        assert {"surmise", "Poisson", "T* = 1.00", "T* = 0.20"} <= {series.label for series in panel.series}
    low = draw(("SIM-6",), open_ensemble)
    assert all(len(series.x) >= 3 for series in low.panels[2].series if series.kind == "line")
    judged = [series for series in low.panels[2].series if series.kind == "points"]
    assert len(judged) == 4
    assert all(max(series.x) == pytest.approx(0.9, abs=0.03) for series in judged)
    growth, cloud = draw(("LB-2",), open_ensemble).panels
    assert sorted(growth.series[0].x) == [500.0, 1000.0, 2000.0, 4000.0]
    rivals = {series.label: series for series in growth.series if series.style == "reference"}
    flat, steep = rivals["localised, slope 0"], rivals["extended, slope 1"]
    assert flat.y[0] == flat.y[1]
    assert math.log(steep.y[1] / steep.y[0]) == pytest.approx(math.log(8.0))
    assert len(cloud.series) == 4


def _group(dataset, group):
    if dataset == "glass/level-statistics":
        return "N-1600"
    return group if group in SIZES else "T-0.20"
