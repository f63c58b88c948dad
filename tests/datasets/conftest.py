"""Small valid datasets of every kind; tests damage copies of them."""

import functools
import json

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.datasets.schema import with_labels

FREQUENCY = "sqrt(t0/m)"


def _labelled(unit, long_name="a quantity"):
    return {"units": unit, "long_name": long_name}


def _with_labels(build):
    return functools.wraps(build)(lambda *given, **options: with_labels(build(*given, **options)))


def _provenance(kind):
    return provenance_attributes(
        kind=kind,
        title="A small dataset",
        summary="For tests.",
        created="2026-01-31",
        licence="CC0-1.0",
        source="none",
        recipe="[recipe]\n",
        seed=7,
    )


@_with_labels
def _modes(samples=3, modes=8, seed=0):
    rng = np.random.default_rng(seed)
    return xr.Dataset(
        {
            "eigenfrequency": (
                ("sample", "mode"),
                np.sort(rng.random((samples, modes)), axis=1),
                _labelled(FREQUENCY, "angular eigenfrequency"),
            )
        },
        attrs=_provenance("mode-ensemble"),
    )


@_with_labels
def _network():
    """Two samples of four nodes on a ring, one with a spring missing."""
    dataset = _modes(samples=2, modes=4).assign(
        coordination_number=(("sample", "node"), np.array([[2, 2, 2, 2], [1, 2, 2, 1]], dtype=np.int16)),
        effective_stiffness=(("sample", "axis", "axis2"), np.stack([np.eye(2), np.zeros((2, 2))])),
        zero_mode_count=("sample", np.array([1, 1], dtype=np.int32)),
        mean_diagonal=("sample", np.array([2.0, 1.5])),
        position=(("sample", "node", "axis"), np.arange(16.0).reshape(2, 4, 2)),
        bond_count=("sample", np.array([4, 3], dtype=np.int32)),
        bond_node=(
            ("bond", "end"),
            np.array([[0, 1], [1, 2], [2, 3], [3, 0], [0, 1], [1, 2], [2, 3]], dtype=np.int32),
        ),
        bond_stiffness=("bond", np.ones(7)),
        eigenvector=(("sample", "low_mode", "node"), np.full((2, 1, 4), 0.5, dtype=np.float32)),
        eigenvector_frequency=(("sample", "low_mode"), np.zeros((2, 1))),
    )
    units = {"position": "a", "bond_stiffness": "t0", "effective_stiffness": "t0 a^2/m", "mean_diagonal": "t0/m"}
    units |= {"eigenvector_frequency": FREQUENCY, "eigenfrequency": FREQUENCY}
    for name in dataset.data_vars:
        dataset[name].attrs = _labelled(units.get(name, "1"))
    dataset["bond_count"].attrs["sample_dimension"] = "bond"
    dataset.attrs |= _provenance("network-ensemble")
    dataset.attrs |= {"lattice_size": 2, "situation": "1", "displacement": 0.0, "parameters": json.dumps({"size": 2})}
    return dataset


@_with_labels
def _spectrum():
    frequency = np.linspace(0.1, 2.0, 20)
    density = np.stack([frequency / 6.0, frequency / 5.0])
    dataset = xr.Dataset(
        {
            "density_of_states": (("sample", "frequency"), density, _labelled("sqrt(m/t0)")),
            "density_of_states_error": (("sample", "frequency"), 0.01 * density, _labelled("sqrt(m/t0)")),
            "resolution": ("frequency", np.full(20, 0.01), _labelled(FREQUENCY)),
            "coordination_fraction": (("sample", "coordination"), np.full((2, 4), 0.25), _labelled("1")),
            "node_count": ("sample", np.array([100, 100], dtype=np.int32), _labelled("1")),
            "zero_mode_count": ("sample", np.array([1, 2], dtype=np.int32), _labelled("1")),
        },
        coords={"frequency": ("frequency", frequency, _labelled(FREQUENCY))},
        attrs=_provenance("spectrum"),
    )
    dataset.attrs["resolution_note"] = "Jackson kernel"
    return dataset


@_with_labels
def _glass():
    """Two samples of five particles in the plane, one of them with its configuration."""
    rng = np.random.default_rng(3)
    unit = "sqrt(epsilon/(m a^2))"
    vectors = np.zeros((1, 2, 5, 2), dtype=np.float32)
    vectors[0, [0, 1], [0, 4], [1, 0]] = 1.0
    dataset = xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), np.sort(rng.random((2, 4)), axis=1), _labelled(unit)),
            "full_eigenfrequency": (("full_sample", "full_mode"), np.sort(rng.random((1, 8))), _labelled(unit)),
            "full_sample_index": ("full_sample", np.array([1], dtype=np.int32), _labelled("1")),
            "first_phonon": ("sample", np.array([1.4, 1.5]), _labelled(unit)),
            "chain": ("sample", np.array([0, 0], dtype=np.int32), _labelled("1")),
            "stress_count": (("sample", "stress_bin"), np.array([[1, 2, 3], [4, 0, 2]]), _labelled("1")),
            "stress_edge": ("stress_bin_edge", np.geomspace(1e-3, 1.0, 4), _labelled("epsilon")),
            "box": ("axis", np.array([2.0, 2.5]), _labelled("a")),
            "position": (("configuration", "particle", "axis"), 2.0 * rng.random((1, 5, 2)), _labelled("a")),
            "diameter": (("configuration", "particle"), np.ones((1, 5)), _labelled("a")),
            "eigenvector": (("configuration", "low_mode", "particle", "axis"), vectors, _labelled("1")),
            "configuration_index": ("configuration", np.array([0], dtype=np.int32), _labelled("1")),
        },
        attrs=_provenance("glass-ensemble"),
    )
    dataset.attrs |= {"particles": 5, "dimension": 2, "degrees_of_freedom": 8, "density": 1.0}
    dataset.attrs |= {"parent_temperature": 0.2, "parameters": json.dumps({"taper": 2.0})}
    return dataset


@_with_labels
def _configuration():
    """Two samples of five particles of two species in the plane."""
    rng = np.random.default_rng(5)
    dataset = xr.Dataset(
        {
            "position": (("sample", "particle", "axis"), 2.0 * rng.random((2, 5, 2)), _labelled("sigma")),
            "box": (("sample", "axis"), np.array([[2.0, 2.5], [2.0, 2.5]]), _labelled("sigma")),
            "species": (("sample", "particle"), np.tile(np.array([0, 0, 1, 0, 1], dtype=np.int32), (2, 1))),
            "diameter": (("sample", "particle"), np.ones((2, 5)), _labelled("sigma")),
            "mass": (("sample", "particle"), np.ones((2, 5)), _labelled("m")),
        },
        attrs=_provenance("configuration") | {"particles": 5, "dimension": 2},
    )
    dataset["species"].attrs = _labelled("1") | {"labels": "A B"}
    return dataset


@_with_labels
def _relaxation():
    """Three replicas, one of which did not relax without swaps; the swapped run is shorter."""
    lag = np.array([[1.0, 10.0, 100.0], [1.0, 10.0, np.nan]])
    overlap = np.where(np.isnan(lag), np.nan, np.exp(-lag / 80.0)) * np.ones((3, 1, 1))
    bound = np.tile([100.0, 10.0], (3, 1))
    variables = {
        "relaxation_time": (("sample", "dynamics"), np.array([[80.0, 9.0], [70.0, 8.0], [np.nan, 7.0]])),
        "relaxation_time_bound": (("sample", "dynamics"), bound),
        "swap_probability": ("dynamics", np.array([0.0, 0.2])),
        "lag": (("dynamics", "lag_number"), lag),
        "overlap": (("sample", "dynamics", "lag_number"), overlap),
        "self_scattering": (("sample", "dynamics", "lag_number"), 0.9 * overlap),
        "origin_count": (("dynamics", "lag_number"), np.array([[9, 9, 5], [9, 5, 0]], dtype=np.int32)),
        "swap_acceptance": (("sample", "dynamics"), np.tile([np.nan, 0.2], (3, 1))),
        "equilibration_energy": (("sample", "record"), np.full((3, 2), 1.6)),
        "equilibration_sweep": ("record", np.array([50, 100], dtype=np.int32)),
    }
    dataset = xr.Dataset({name: (*value, _labelled("1")) for name, value in variables.items()})
    dataset.attrs = _provenance("relaxation") | {"particles": 500, "dimension": 3, "density": 1.0, "temperature": 0.2}
    return dataset.assign_attrs(overlap_length=0.3, taper="2", equilibration_sweeps=100, parameters="{}")


@_with_labels
def _curve():
    return xr.Dataset(
        {"density_of_states": (("sample", "frequency"), np.arange(5.0)[None] ** 2, _labelled("1"))},
        coords={"frequency": ("frequency", np.arange(5.0), _labelled("1", "angular frequency"))},
        attrs=_provenance("density-of-states"),
    )


@_with_labels
def _theory_spectrum():
    """Debye spectra of two disorders."""
    frequency = np.linspace(0.0, 2.0, 5)
    disorder = np.array([0.1, 0.2])
    density = disorder[:, None] * frequency**2
    return xr.Dataset(
        {
            "density_of_states": (("disorder_parameter", "frequency"), density, _labelled("1")),
            "debye_level": ("disorder_parameter", disorder, _labelled("1")),
            "self_energy_imag": (("disorder_parameter", "frequency"), -density, _labelled("1")),
        },
        coords={
            "frequency": ("frequency", frequency, _labelled("1")),
            "disorder_parameter": ("disorder_parameter", disorder, _labelled("1")),
        },
        attrs=_provenance("theory-spectrum") | {"theory": "debye", "equations": "none", "parameters": "{}"},
    )


@_with_labels
def _current_correlation():
    frequency, wavenumber = 0.1 * (np.arange(20) + 0.5), np.array([0.5, 1.0])
    spectrum = np.exp(-0.5 * ((frequency - wavenumber[:, None]) / 0.2) ** 2)
    spectrum /= 0.1 * spectrum.sum(axis=1, keepdims=True)
    return xr.Dataset(
        {"current_correlation": (("sample", "wavenumber", "frequency"), np.stack([spectrum] * 3), _labelled("1"))},
        coords={
            "wavenumber": ("wavenumber", wavenumber, _labelled("1")),
            "frequency": ("frequency", frequency, _labelled("1")),
        },
        attrs=_provenance("current-correlation") | {"parameters": "{}"},
    ).assign(resolution=("frequency", np.full(20, 0.01), _labelled("1")))


@_with_labels
def _calibration():
    """Two trials in each of three samples; the last refused, the one before without an interval."""
    value = np.array([[1.0, 1.1], [0.9, 1.2], [0.8, np.nan]])
    half = np.where(value == 0.8, np.nan, 0.2)
    arrays = {"value": value}
    for level, factor in (("95", 2.0), ("68", 1.0)):
        arrays |= {f"low_{level}": value - factor * half, f"high_{level}": value + factor * half}
    arrays |= {"independent_units": np.full((3, 2), 9, dtype=np.int32), "refused": np.isnan(value).astype(np.int8)}
    return xr.Dataset(
        {name: (("sample", "trial"), array, _labelled("1")) for name, array in arrays.items()},
        attrs=_provenance("calibration")
        | {"estimator": "mean", "truth": 1.0, "data": "10 samples", "wrong": "nothing", "parameters": "{}"},
    )


@_with_labels
def _collection():
    leaf = _modes()
    kind_only = {"kind": "mode-ensemble"}
    return xr.DataTree.from_dict(
        {
            "/": xr.Dataset(attrs=_provenance("mode-ensemble")),
            "/situation-1/delta-0.1": leaf.drop_attrs(deep=False).assign_attrs(kind_only),
            "/situation-2/delta-0.1": _modes(seed=1).drop_attrs(deep=False).assign_attrs(kind_only),
        }
    )


@pytest.fixture(scope="session")
def make_modes():
    return _modes


@pytest.fixture
def network():
    return _network()


@pytest.fixture
def spectrum():
    return _spectrum()


@pytest.fixture
def glass():
    return _glass()


@pytest.fixture
def configuration():
    return _configuration()


@pytest.fixture
def relaxation():
    return _relaxation()


@pytest.fixture
def theory_spectrum():
    return _theory_spectrum()


@pytest.fixture
def collection():
    return _collection()


@pytest.fixture
def valid_datasets():
    return {
        "mode-ensemble": _modes(),
        "current-correlation": _current_correlation(),
        "calibration": _calibration(),
        "network-ensemble": _network(),
        "spectrum": _spectrum(),
        "density-of-states": _curve(),
        "glass-ensemble": _glass(),
        "configuration": _configuration(),
        "relaxation": _relaxation(),
        "theory-spectrum": _theory_spectrum(),
    }
