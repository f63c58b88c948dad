"""Data in chunks: the numbers of the data in memory, and memory that does not grow with the samples."""

import tracemalloc

import dask.array
import numpy as np
import pytest
import xarray as xr

from bosonpeak.validators import boson_peak, density_of_states, exponent, level_statistics, participation_ratio
from bosonpeak.validators.levels import goe_reference, mean_participation

MODES = 900
ROWS = 20


def spectra(block_info=None, *, shape):
    """Spectra with g ~ omega^4 below the first phonon at 1, from a seed of the block."""
    first = block_info[None]["array-location"][0][0] if block_info else 0
    uniform = np.random.default_rng(first).random((ROWS, shape))
    return np.sort(6.0 * uniform**0.2, axis=1)


def ensemble(samples, modes=MODES):
    """Dataset in chunks that are made when they are read."""
    chunks = ((ROWS,) * (samples // ROWS), (modes,))
    lazy = dask.array.map_blocks(spectra, shape=modes, chunks=chunks, dtype=np.float64, meta=np.empty((0, 0)))
    return xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), lazy),
            "participation_ratio": (("sample", "mode"), lazy / 6.0),
            "first_phonon": ("sample", np.ones(samples)),
            "chain": ("sample", np.arange(samples) // 40),
        },
        attrs={"degrees_of_freedom": modes, "dimension": 2, "zero_modes": "removed"},
    )


@pytest.fixture(scope="module")
def reference():
    return goe_reference(MODES, "lowest", 50, skip=2, matrices=20)


def test_chunks_give_the_numbers_of_the_array(reference):
    data = ensemble(200)
    whole = data.compute()
    assert exponent(data, dimension=None) == exponent(whole, dimension=None)
    xr.testing.assert_identical(density_of_states(data), density_of_states(whole))
    assert str(boson_peak(data)) == str(boson_peak(whole))
    options = {"low": 1.0, "high": 4.0}
    here, there = mean_participation(data, **options), mean_participation(whole, **options)
    assert here.value == pytest.approx(there.value, rel=1e-12)
    lowest = {"part": "lowest", "reference": reference}
    assert level_statistics(data, **lowest) == level_statistics(whole, **lowest)
    order = goe_reference(MODES, "highest", 50, matrices=20)
    highest = {"part": "highest", "reference": order}
    assert level_statistics(data, **highest) == level_statistics(whole, **highest)


def test_participation_of_chunked_modes_is_computed_when_it_is_asked_for():
    vectors = np.random.default_rng(1).standard_normal((6, 5, 10, 3))
    whole = xr.DataArray(vectors, dims=("sample", "mode", "particle", "axis"))
    lazy = participation_ratio(whole.chunk(sample=2))
    assert lazy.chunks is not None
    xr.testing.assert_allclose(lazy.compute(), participation_ratio(whole))
    nodes = whole.isel(axis=0)
    xr.testing.assert_allclose(participation_ratio(nodes.chunk(sample=2)).compute(), participation_ratio(nodes))


def peak_bytes(function):
    tracemalloc.start()
    function()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


@pytest.mark.parametrize("name", ["density of states", "exponent", "level statistics", "participation"])
def test_memory_is_that_of_a_few_chunks(name, reference):
    """The whole array has 50 chunks; estimators of single modes keep the low modes, or the window, of each sample."""
    samples, modes = 50 * ROWS, 9000
    data = ensemble(samples, modes)
    order = goe_reference(modes, "lowest", 50, skip=2, matrices=20)
    action = {
        "density of states": lambda: density_of_states(data, bins=np.linspace(0.0, 6.0, 61)),
        "exponent": lambda: exponent(data, dimension=None),
        "level statistics": lambda: level_statistics(data, reference=order),
        "participation": lambda: mean_participation(data, low=1.0, high=4.0),
    }[name]
    chunk = ROWS * modes * 8
    assert peak_bytes(action) < 16 * chunk < samples * modes * 8 / 3
