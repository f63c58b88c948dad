"""Schemas: valid data pass, every violation is named with its place and value, all in one error."""

import pickle

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.datasets import validate
from bosonpeak.datasets.errors import SchemaError
from bosonpeak.datasets.schema import KINDS


def refusal(obj, **options):
    with pytest.raises(SchemaError) as caught:
        validate(obj, **options)
    return caught.value


def violations(obj, **options):
    return refusal(obj, **options).violations


def only(obj, **options):
    lines = violations(obj, **options)
    assert len(lines) == 1, lines
    return lines[0]


def changed(dataset, name, position, value):
    copy = dataset.copy(deep=True)
    copy[name].values[position] = value
    return copy


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("level", "chunks"),
    [
        ("full", None),
        ("full", 1),
        ("structure", None),
        ("structure", {}),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in (("full", {}), ("structure", 1))),
    ],
)
def test_valid_data_of_every_kind_pass(valid_datasets, kind, level, chunks):
    dataset = valid_datasets[kind]
    before = dataset.copy(deep=True)
    validate(dataset if chunks is None else dataset.chunk(chunks), kind, level=level)
    xr.testing.assert_identical(dataset, before)


def test_every_violation_is_named_in_one_error(make_modes):
    dataset = make_modes().assign(participation_ratio=(("sample", "mode"), np.full((3, 8), 1.5)))
    dataset["eigenfrequency"].values[0, 2] = -0.25
    dataset["eigenfrequency"].values[1, 3] = np.nan
    dataset["eigenfrequency"].values[2, 7] = np.inf
    dataset["eigenfrequency"].attrs["units"] = "furlong"
    del dataset.attrs["licence"]
    dataset.attrs["created"] = "yesterday"
    found = violations(dataset)
    for text in (
        "eigenfrequency: negative, 1 of 24 values, first (sample 0, mode 2: -0.25)",
        "eigenfrequency: infinite, 1 of 24 values, first (sample 2, mode 7: inf)",
        "eigenfrequency: unsorted: below the value before it, 1 of 24 values, first (sample 0, mode 2: -0.25)",
        "participation_ratio: above one, 24 of 24 values",
        "participation_ratio: missing attribute 'units'",
        "missing dataset attribute 'licence'",
    ):
        assert any(line.startswith(text) for line in found), (text, found)
    assert any(line.startswith("eigenfrequency: NaN") and "(sample 1, mode 3: nan)" in line for line in found)
    assert any("'units'" in line and "furlong" in line for line in found)
    assert any("'created'" in line and "yesterday" in line for line in found)
    message = str(refusal(dataset))
    assert all(line in message for line in found)
    assert f"{len(found)} violations" in message


def test_violations_are_the_same_in_chunks(make_modes):
    dataset = changed(make_modes(), "eigenfrequency", (1, 4), -1.0)
    assert violations(dataset) == violations(dataset.chunk(sample=1, mode=3))


def test_structure_level_reads_no_values(make_modes):
    dataset = changed(make_modes(), "eigenfrequency", (1, 4), -1.0)
    validate(dataset, level="structure")
    assert "dtype" in only(dataset.astype(np.float32), level="structure")


@settings(max_examples=25, deadline=None)
@given(sample=st.integers(0, 2), mode=st.integers(1, 7), drop=st.floats(1e-9, 0.5))
def test_an_unsorted_mode_is_found_wherever_it_is(make_modes, sample, mode, drop):
    dataset = make_modes()
    row = 1.0 + np.arange(8.0)
    row[mode] = row[mode - 1] - drop
    dataset["eigenfrequency"].values[sample] = row
    assert f"(sample {sample}, mode {mode}: {row[mode]:.8g})" in violations(dataset)[0]


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(6)))
def test_equal_or_rising_frequencies_pass_and_others_do_not(make_modes, order):
    dataset = make_modes(samples=1, modes=6)
    row = np.repeat(dataset["eigenfrequency"].values[0, ::2], 2)[list(order)]
    dataset["eigenfrequency"].values[0] = row
    if (np.diff(row) >= 0).all():
        validate(dataset)
    else:
        assert "unsorted" in only(dataset)


def test_padding_is_allowed_only_beyond_the_mode_count(make_modes):
    dataset = make_modes()
    dataset["eigenfrequency"].values[1, 6:] = np.nan
    assert "NaN" in only(dataset)
    counted = dataset.assign(
        mode_count=("sample", np.array([8, 6, 8], dtype=np.int32), {"units": "1", "long_name": "number of modes"})
    )
    validate(counted)
    validate(counted.chunk(sample=1))
    assert "beyond mode_count" in only(changed(counted, "mode_count", 0, 7))
    assert "NaN" in only(changed(counted, "eigenfrequency", (0, 3), np.nan))
    assert any("mode_count: outside" in line for line in violations(changed(counted, "mode_count", 0, 9)))


def test_padding_of_participation_follows_the_frequencies(make_modes):
    label = {"units": "1", "long_name": "x"}
    dataset = make_modes().assign(
        mode_count=("sample", np.array([8, 6, 8], dtype=np.int32), label),
        participation_ratio=(("sample", "mode"), np.full((3, 8), 0.5, dtype=np.float32), label),
    )
    for name in ("eigenfrequency", "participation_ratio"):
        dataset[name].values[1, 6:] = np.nan
    validate(dataset)
    assert "NaN where there is an eigenfrequency" in only(changed(dataset, "participation_ratio", (0, 0), np.nan))


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda d: d.drop_vars("eigenfrequency"), "missing required variable 'eigenfrequency'"),
        (lambda d: d.transpose("mode", "sample"), "dim position 0: expected 'sample', got 'mode'"),
        (lambda d: d.isel(sample=0), "expected ndim/dims length 2"),
        (lambda d: d.astype(np.float32), "expected dtype float64, got float32"),
        (lambda d: d.isel(mode=slice(0)), "no sample, or no mode"),
        (lambda d: d.assign_attrs(schema_version="2"), "'schema_version': expected \"1\""),
        (lambda d: d.assign_attrs(content_digest="sha256:12"), "'content_digest'"),
        (lambda d: d.assign_attrs(title=np.array([1, 2])), "'title'"),
        (
            lambda d: d.assign(zero_mode_count=("sample", np.full(3, 9), {"units": "1", "long_name": "z"})),
            "zero_mode_count: above the number of modes, 3 of 3 values, first (sample 0: 9)",
        ),
        (
            lambda d: d.assign(extra=("mode", np.zeros(8), {"long_name": "e"})),
            "extra: missing attribute 'units'",
        ),
    ],
)
def test_mode_ensemble_rules(make_modes, build, text):
    assert text in only(build(make_modes()))


@pytest.mark.parametrize(
    ("name", "position", "value", "text"),
    [
        (
            "coordination_number",
            (0, 1),
            -2,
            "coordination_number: negative, 1 of 8 values, first (sample 0, node 1: -2)",
        ),
        ("effective_stiffness", (0, 0, 1), 0.5, "effective_stiffness: not symmetric"),
        ("effective_stiffness", (1, 0, 0), -1.0, "effective_stiffness: not positive semidefinite"),
        ("effective_stiffness", (1, 0, 0), np.nan, "effective_stiffness: not a finite number"),
        ("zero_mode_count", 0, 0, "zero_mode_count: outside the range 1 to number of nodes"),
        ("zero_mode_count", 1, 5, "zero_mode_count: outside the range 1 to number of nodes"),
        ("mean_diagonal", 1, np.inf, "mean_diagonal: not a finite number"),
        (
            "bond_node",
            (2, 1),
            4,
            "bond_node: names a node that does not exist, 1 of 14 values, first (bond 2, end 1: 4)",
        ),
        ("bond_count", 1, 4, "bond_count: does not add up to the number of bonds"),
        ("bond_stiffness", 3, -1.0, "bond_stiffness: negative, 1 of 7 values, first (bond 3: -1)"),
        ("eigenvector_frequency", (0, 0), -1.0, "eigenvector_frequency: negative"),
    ],
)
def test_network_rules(network, name, position, value, text):
    found = violations(changed(network, name, position, value))
    assert any(text in line for line in found), found


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda d: d.drop_vars("bond_node"), "belong together"),
        (lambda d: d.drop_vars("eigenvector_frequency"), "eigenvector_frequency is missing"),
        (lambda d: d.assign_attrs(parameters="{"), "'parameters': expected the JSON text of an object"),
        (lambda d: d.drop_vars("lattice_size").assign_attrs(lattice_size=0), "'lattice_size'"),
        (lambda d: d.drop_vars("displacement").assign_attrs(displacement=-0.1), "'displacement'"),
        (lambda d: d.drop_vars("mean_diagonal"), "missing required variable 'mean_diagonal'"),
    ],
)
def test_network_structure(network, build, text):
    assert text in only(build(network))


def test_a_coordination_number_that_disagrees_with_the_bonds_is_found(network):
    line = only(changed(network, "coordination_number", (1, 0), 3))
    assert "half the sum of the coordination numbers" in line
    assert "(sample 1: 3)" in line


def test_a_network_without_modes_or_bonds_is_valid(network):
    validate(network[["coordination_number", "effective_stiffness", "zero_mode_count", "mean_diagonal"]])


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda d: changed(d, "density_of_states", (0, 3), -0.1), "negative beyond round-off"),
        (lambda d: changed(d, "density_of_states_error", (0, 3), np.nan), "not a finite number"),
        (lambda d: changed(d, "resolution", 0, -0.01), "resolution: negative"),
        (lambda d: changed(d.drop_vars("zero_mode_count"), "node_count", 0, 0), "node_count: not above zero"),
        (lambda d: changed(d, "coordination_fraction", (1, 1), 0.5), "does not add up to one"),
        (lambda d: changed(d, "node_count", 1, 1), "above the number of nodes"),
        (lambda d: d.isel(frequency=slice(None, None, -1)), "frequency: unsorted: not above the value before it"),
        (lambda d: d.isel(frequency=[0, 1, 1]), "frequency: unsorted: not above the value before it"),
        (lambda d: d.drop_attrs(deep=False).assign_attrs(_without(d.attrs, "resolution_note")), "resolution_note"),
        (lambda d: d.drop_vars("frequency"), "missing required variable 'frequency'"),
        (lambda d: d.assign_coords(frequency=d["frequency"].assign_attrs(units="cubit")), "cubit"),
    ],
)
def test_spectrum_rules(spectrum, build, text):
    assert text in only(build(spectrum))


def _without(attributes, name):
    return {key: value for key, value in attributes.items() if key != name}


def test_unknown_and_missing_kinds(make_modes):
    dataset = make_modes()
    assert "did you mean 'mode-ensemble'?" in only(dataset.assign_attrs(kind="mode-ensembel"))
    assert "expected 'spectrum', got 'mode-ensemble'" in violations(dataset, kind="spectrum")[0]
    assert "missing dataset attribute 'kind'" in only(
        dataset.drop_attrs(deep=False).assign_attrs(_without(dataset.attrs, "kind"))
    )
    with pytest.raises(SchemaError, match="ndarray"):
        validate(np.zeros(3))


def test_a_collection_is_checked_leaf_by_leaf(collection):
    validate(collection)
    validate(collection.chunk({}))
    collection["situation-2/delta-0.1"]["eigenfrequency"].values[1, 2] = -3.0
    del collection.attrs["seed"]
    found = violations(collection)
    assert any(line.startswith("group /: missing dataset attribute 'seed'") for line in found)
    assert any(line.startswith("group /situation-2/delta-0.1: eigenfrequency: negative") for line in found)
    assert not any("situation-1" in line for line in found)


def test_an_empty_collection_is_no_collection(collection):
    empty = xr.DataTree.from_dict({"/": xr.Dataset(attrs=collection.attrs), "/nothing": xr.Dataset()})
    assert "holds no dataset" in only(empty)


def test_the_error_survives_pickling(make_modes):
    error = refusal(changed(make_modes(), "eigenfrequency", (0, 0), -1.0))
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.violations) == (str(error), error.violations)


def test_pandera_settings_of_the_user_cannot_switch_validation_off(make_modes):
    from pandera.config import ValidationDepth, config_context

    dataset = changed(make_modes(), "eigenfrequency", (0, 0), -1.0)
    with config_context(validation_enabled=False, validation_depth=ValidationDepth.SCHEMA_ONLY):
        assert "negative" in only(dataset)


def test_a_glass_has_its_first_phonon(glass):
    assert "first_phonon" in only(glass.drop_vars("first_phonon"))


@pytest.mark.parametrize(
    ("variable", "position", "value", "message"),
    [
        ("first_phonon", 0, 0.0, "not above zero"),
        ("full_eigenfrequency", (0, 3), 0.0, "unsorted"),
        ("full_sample_index", 0, 2, "not the positions of full_sample in sample"),
        ("configuration_index", 0, 1, "not the positions of configuration in sample"),
        ("position", (0, 4, 1), 2.6, "outside the box"),
        ("diameter", (0, 1), -1.0, "not above zero"),
        ("eigenvector", (0, 1, 4, 0), 0.5, "not normalised"),
        ("stress_edge", 1, 1e-3, "unsorted"),
        ("stress_count", (1, 0), -1, "negative"),
    ],
)
def test_a_damaged_glass_is_refused(glass, variable, position, value, message):
    line = only(changed(glass, variable, position, value))
    assert variable in line
    assert message in line


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda glass: glass.isel(stress_bin_edge=slice(0, 3)), "one edge more than there are bins"),
        (lambda glass: glass.drop_vars("full_sample"), "full_sample: no index coordinate"),
        (lambda glass: glass.drop_vars("configuration"), "configuration: no index coordinate"),
        (lambda glass: glass.drop_vars("particles").assign_attrs(particles=6), "not as many particles"),
    ],
)
def test_an_incomplete_glass_is_refused(glass, change, message):
    assert message in only(change(glass))
