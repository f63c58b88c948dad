"""What opening adds to a file: whom to cite, how to convert, and nothing that changes a value."""

import netCDF4
import pint
import pytest

from bosonpeak.datasets import list_datasets, open_dataset, write
from bosonpeak.datasets.registry import fetch
from bosonpeak.datasets.schema.units import pint_expression
from bosonpeak.datasets.storage import content_digest


def test_every_unit_of_the_reference_data_is_read_by_pint():
    registry = pint.UnitRegistry()
    for scale in ("t0", "m", "a", "epsilon", "sigma", "tau", "omega0", "omega_D", "kB"):
        registry.define(f"reduced_{scale} = [reduced_{scale}]")
    seen = set()
    for entry in list_datasets():
        with netCDF4.Dataset(fetch(entry.name)) as file:
            seen |= units_of(file)
    for unit in seen:
        registry.parse_units(pint_expression(unit))
    assert {"sqrt(t0/m)", "sqrt(epsilon/(m a^2))", "t0 a^2/m", "1/omega_D^3"} <= seen


def units_of(group):
    units = {variable.units for variable in group.variables.values()}
    return units.union(*map(units_of, group.groups.values()))


QUICK = "null/crossovers"
OTHERS = [entry.name for entry in list_datasets() if entry.name != QUICK]


@pytest.mark.parametrize("name", [QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)])
def test_opened_variables_have_their_units_for_pint(name):
    with open_dataset(name, chunks={}) as tree:
        for node in getattr(tree, "subtree", [tree]):
            for variable in node.variables.values():
                assert variable.attrs["pint_units"] == pint_expression(variable.attrs["units"])


def test_leaves_of_a_tree_say_whose_they_are():
    tree = open_dataset("network/paper")
    leaf = tree["situation-2/delta-0.1"].to_dataset()
    assert leaf.attrs["licence"] == leaf.attrs["license"] == "CC-BY-4.0"
    assert "Boson peak" in leaf.attrs["source"]
    assert leaf.attrs["title"] == tree.attrs["title"]
    assert leaf.attrs["name"] == "network/paper"
    assert leaf.attrs["content_digest"] == content_digest(leaf) != tree.attrs["content_digest"]


def test_no_dataset_claims_cf_although_its_file_did():
    with netCDF4.Dataset(fetch("network/paper")) as file:
        assert file.Conventions == "CF-1.11"
    assert open_dataset("network/paper").attrs["Conventions"] == "ACDD-1.3, bosonpeak-1"


def test_digests_do_not_notice(tmp_path):
    opened = open_dataset("null/crossovers")
    assert write(opened, tmp_path / "again.nc") == opened.attrs["content_digest"] == opened.attrs["id"]
    again = open_dataset(tmp_path / "again.nc")
    assert again.attrs["product_version"] == "3"


@pytest.mark.parametrize("group", [None, "N-500"])
def test_a_group_alone_says_the_same(group):
    attributes = open_dataset("glass/sizes", group=group).attrs
    assert "10.1038/s41467-024-46981-7" in attributes["references"]
    assert attributes["creator_name"] == "The bosonpeak developers"
