"""Data in chunks: the numbers of the data in memory, and memory that does not grow with the samples."""

import dataclasses
import functools
import tracemalloc

import dask.array
import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators import boson_peak, density_of_states, exponent, level_statistics, participation_ratio
from bosonpeak.validators.estimates import sample_blocks
from bosonpeak.validators.levels import goe_reference, mean_participation, ratio_sums
from bosonpeak.validators.power_laws import mode_sums

MODES = 900
ROWS = 20


def spectra(block_info=None, *, shape, rows):
    """Spectra with g ~ omega^4 below the first phonon at 1, from a seed of the block."""
    first = block_info[None]["array-location"][0][0] if block_info else 0
    uniform = np.random.default_rng(first).random((rows, shape))
    return np.sort(6.0 * uniform**0.2, axis=1)


def ensemble(samples, modes=MODES, rows=ROWS):
    """Dataset in chunks that are made when they are read."""
    chunks = ((rows,) * (samples // rows), (modes,))
    lazy = dask.array.map_blocks(
        spectra, shape=modes, rows=rows, chunks=chunks, dtype=np.float64, meta=np.empty((0, 0))
    )
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


def plain(found):
    """Numbers and texts of a result in nested lists."""
    if dataclasses.is_dataclass(found):
        found = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
    if isinstance(found, dict):
        return {key: plain(value) for key, value in found.items()}
    return [plain(value) for value in found] if isinstance(found, list | tuple) else found


def assert_same(found, expected):
    """The same numbers to rounding, and the same texts."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            assert_same(found[key], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for here, there in zip(found, expected, strict=True):
            assert_same(here, there)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-8, abs=1e-12, nan_ok=True)
    else:
        assert found == expected


def test_chunks_give_the_numbers_of_the_array(reference):
    data = ensemble(200)
    whole = data.compute()
    xr.testing.assert_identical(density_of_states(data), density_of_states(whole))
    assert str(boson_peak(data)) == str(boson_peak(whole))
    options = {"low": 1.0, "high": 4.0}
    here, there = mean_participation(data, **options), mean_participation(whole, **options)
    assert here.value == pytest.approx(there.value, rel=1e-12)
    order = goe_reference(MODES, "highest", 50, matrices=20)
    highest = {"part": "highest", "reference": order}
    assert_same(plain(level_statistics(data, **highest)), plain(level_statistics(whole, **highest)))


SCALE = 3.0


def with_shell(data, width):
    """Twelve more modes of each sample at the first phonon, with a Gaussian width."""
    shell = SCALE * (1.0 + width * np.random.default_rng(7).standard_normal((data.sizes["sample"], 12)))
    rows = np.sort(np.abs(np.concatenate([data["eigenfrequency"].values, shell], axis=1)), axis=1)
    return data.drop_dims("mode").assign(eigenfrequency=(("sample", "mode"), rows))


def changed(data, function):
    """The frequencies passed through a function of arrays."""
    return data.assign(eigenfrequency=(("sample", "mode"), function(data["eigenfrequency"].values)))


DAMAGES = {
    "none": (lambda data: data, set()),
    "a narrow shell": (lambda data: with_shell(data, 0.03).assign_attrs(dimension=3), set()),
    "a wide shell": (lambda data: with_shell(data, 0.15).assign_attrs(dimension=3), {"phonon shell"}),
    "no shell": (lambda data: data.assign_attrs(dimension=3), {"first shell"}),
    "squares": (
        lambda data: changed(with_shell(data, 0.03), np.square).assign_attrs(dimension=3),
        {"first shell"},
    ),
    "a low scale": (lambda data: data.assign(first_phonon=4.0 * data["first_phonon"]), {"phonon scale"}),
    "short lists": (lambda data: data.isel(mode=slice(2)), {"censored"}),
    "rounded": (lambda data: changed(data, lambda rows: rows.round(2)), {"ties"}),
    "copies": (lambda data: changed(data, lambda rows: np.tile(rows[:40], (len(rows) // 40, 1))), {"duplicates"}),
    "a gap": (lambda data: changed(data, lambda rows: np.sqrt(rows**2 + 0.6)), {"gap"}),
    "zero modes": (lambda data: changed(data, lambda rows: np.where(np.arange(rows.shape[1]) < 3, 0.0, rows)), set()),
    "unequal scales": (
        lambda data: data.assign(first_phonon=data["first_phonon"] * np.linspace(0.9, 1.1, data.sizes["sample"])),
        set(),
    ),
}


READ_AGAIN = {"none", "a wide shell", "a low scale", "copies"}


@pytest.mark.parametrize(
    ("damage", "kept"),
    [
        *(pytest.param(damage, 10**6, id=f"{damage}, kept") for damage in DAMAGES),
        *(pytest.param(damage, 200, id=f"{damage}, read again", marks=() if damage in READ_AGAIN else pytest.mark.slow)
          for damage in DAMAGES),
    ],
)  # fmt: skip
def test_exponent_of_chunks_is_that_of_the_array(damage, kept, monkeypatch):
    """The same value, limits, gates and sentences; above the limit of what is kept, modes are read again."""
    monkeypatch.setattr(mode_sums, "MOST_KEPT", 100 * kept if damage == "a low scale" else kept)
    base = ensemble(50 * ROWS, 120).compute()
    function, meant = DAMAGES[damage]
    whole = function(base.assign(first_phonon=SCALE * base["first_phonon"]))
    chunked = whole.chunk(sample=ROWS)
    fired = set()
    for chained in (True, False):
        here, there = (each if chained else each.drop_vars("chain") for each in (chunked, whole))
        for window in ("two-sided", "one-sided", (0.2, 0.9), (0.0, 0.7)) if kept > 10**5 else ("two-sided", (0.0, 0.7)):
            expected = exponent(there, window=window)
            assert_same(plain(exponent(here, window=window)), plain(expected))
            fired |= set(expected.details["gates"])
    assert kept < 10**5 or meant <= fired


@pytest.mark.parametrize("kept", [10**6, 5000], ids=["kept", "read again"])
@pytest.mark.parametrize("chained", [True, False])
def test_levels_of_chunks_are_those_of_the_array(chained, kept, monkeypatch, reference):
    monkeypatch.setattr(ratio_sums, "MOST_KEPT", kept)
    data = ensemble(600) if chained else ensemble(600).drop_vars("chain")
    options = {"reference": reference, "brody": True}
    assert_same(plain(level_statistics(data, **options)), plain(level_statistics(data.compute(), **options)))
    few = data.isel(sample=slice(2 * ROWS)), {"reference": reference}
    assert_same(plain(level_statistics(few[0], **few[1])), plain(level_statistics(few[0].compute(), **few[1])))


def test_variables_may_have_other_chunks(reference):
    data = ensemble(200)
    lowest = data["eigenfrequency"].isel(mode=slice(20)).chunk(sample=30).rename(mode="high_mode")
    mixed = data.assign(highest_eigenfrequency=lowest)
    assert_same(plain(exponent(mixed, dimension=None)), plain(exponent(mixed.compute(), dimension=None)))
    here, there = (level_statistics(each, reference=reference) for each in (mixed, mixed.compute()))
    assert_same(plain(here), plain(there))


def test_chains_that_do_not_fit_are_refused_alike():
    data = ensemble(40)
    for function in (exponent, level_statistics):
        with pytest.raises(NotApplicableError, match=r"chain labels do not fit[\s\S]*40 labels[\s\S]*shape \(3,\)"):
            function(data, chain=[0, 1, 2])
    with pytest.raises(NotApplicableError, match="needs the phonon scale"):
        exponent(data.drop_vars("first_phonon"))


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


@pytest.mark.parametrize(
    ("name", "chained"),
    [
        ("exponent", True),
        ("level statistics", False),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in (("exponent", False), ("level statistics", True))),
    ],
)
def test_memory_does_not_grow_with_the_samples(name, chained, monkeypatch):
    """Four times the samples, the same peak but for the phonon, chain and label of each sample."""
    modes, rows = 100, 500
    monkeypatch.setattr(sample_blocks, "_NUMBERS_AT_ONCE", modes * rows)
    for module in (mode_sums, ratio_sums):
        monkeypatch.setattr(module, "MOST_KEPT", 4000)  # what is kept has reached its limit in either case
    order = goe_reference(modes, "lowest", 50, skip=2, matrices=20)
    action = {
        "exponent": lambda data: exponent(data, dimension=None, window=(0.3, 0.9)),
        "level statistics": lambda data: level_statistics(data, reference=order),
    }[name]
    few, many = (ensemble(count * rows, modes, rows) for count in (8, 32))
    if not chained:
        few, many = few.drop_vars("chain"), many.drop_vars("chain")
    action(few)
    peaks = [peak_bytes(functools.partial(action, data)) for data in (few, many)]
    assert peaks[1] < 1.15 * peaks[0] + 60 * (many.sizes["sample"] - few.sizes["sample"])
    assert peaks[1] < many["eigenfrequency"].nbytes


@pytest.mark.parametrize("name", ["density of states", "participation"])
def test_memory_is_that_of_a_few_chunks(name):
    """The whole array has 50 chunks; the mean participation ratio keeps the window of each sample."""
    samples, modes = 50 * ROWS, 9000
    data = ensemble(samples, modes)
    action = {
        "density of states": lambda: density_of_states(data, bins=np.linspace(0.0, 6.0, 61)),
        "participation": lambda: mean_participation(data, low=1.0, high=4.0),
    }[name]
    chunk = ROWS * modes * 8
    assert peak_bytes(action) < 16 * chunk < samples * modes * 8 / 3
