"""Names with groups, families of blocks, and suggestions; the same strings in `open_dataset` and the command line."""

import json

import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.datasets import fetch, open_dataset
from bosonpeak.datasets.ensembles.names import families, name_and_group, similar_names
from bosonpeak.datasets.errors import BosonpeakError, RegistryError, StoreError
from bosonpeak.datasets.inspection import describe
from bosonpeak.datasets.registry import info, known_datasets

KNOWN = (
    "glass/taper-2",
    "glass/taper-inf",
    "limit/two",
    *("limit/two/block-00", "limit/one/block-00", "limit/one/block-01"),
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("glass/taper-2", ("glass/taper-2", None)),
        ("glass/taper-2/T-0.20", ("glass/taper-2", "T-0.20")),
        ("glass/taper-2/m-2/T-0.20/", ("glass/taper-2", "m-2/T-0.20")),
        ("glass/taper-20", ("glass/taper-20", None)),
        ("limit/two/T-1", ("limit/two", "T-1")),
        ("limit/two/block-00", ("limit/two/block-00", None)),
        ("limit/two/block-00/T-1", ("limit/two/block-00", "T-1")),
        ("limit/two/block-07", ("limit/two/block-07", None)),
        ("limit/one", ("limit/one", None)),
        ("limit/one/T-1", ("limit/one", "T-1")),
        ("limit/one/block-02/T-1", ("limit/one/block-02/T-1", None)),
        ("", ("", None)),
    ],
)
def test_a_name_and_its_group(text, found):
    assert name_and_group(text, KNOWN) == found


def test_blocks_belong_to_ensembles():
    blocks = {"limit/one": ["limit/one/block-00", "limit/one/block-01"], "limit/two": ["limit/two/block-00"]}
    assert families(KNOWN) == blocks


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("glass/taper2", "glass/taper-2"),
        ("glass/taper2/T-0.20", "glass/taper-2"),
        ("glas/taper-inf", "glass/taper-inf"),
        ("limit/on", "limit/one"),
        ("limit/one/block-0", "limit/one/block-00"),
    ],
)
def test_the_closest_name_comes_first(text, first):
    assert similar_names(text, KNOWN).split(", ")[0] == first


def test_a_name_unlike_any_other_lists_all():
    assert similar_names("zzz", ("b", "a")) == "a, b"
    assert "empty" in similar_names("a", ())


@pytest.mark.parametrize("name", ["glass/taper-2/T-0.20", "network/nine-node/lattice"])
def test_one_string_everywhere(name, capsys):
    dataset, group = name_and_group(name, known_datasets())
    assert open_dataset(name).identical(open_dataset(dataset, group=group))
    assert (fetch(name), info(name)) == (fetch(dataset), info(dataset))
    (shown,) = describe(name).groups
    assert shown.path == f"/{group}"
    assert main(["datasets", "info", name]) == 0
    assert main(["datasets", "validate", name]) == 0
    assert main(["datasets", "fetch", name]) == 0
    reported = capsys.readouterr().out
    assert f"/{group} (" in reported
    assert f"{name}: valid" in reported
    assert str(fetch(dataset)) in reported
    for command in ("cite", "card"):
        assert main(["datasets", command, name]) == 0


@pytest.mark.parametrize("command", ["info", "validate", "fetch"])
def test_near_misses_suggest(command, capsys):
    assert main(["datasets", command, "glass/taper2/T-0.20"]) == 2
    assert "glass/taper-2" in capsys.readouterr().err
    assert main(["datasets", command, "glass/taper-2/T-0.2"]) == 2
    assert "T-0.20" in capsys.readouterr().err


def test_a_misspelt_group_or_block_is_not_taken_for_the_whole():
    with pytest.raises(StoreError) as caught:
        open_dataset("glass/taper-2/T-0.2")
    assert caught.value.likely_cause == "did you mean '/T-0.20'?"
    for function in (fetch, describe, open_dataset, info):
        with pytest.raises(RegistryError, match="limit/taper-2/block-00"):
            function("limit/taper-2/block-77")
    with pytest.raises(BosonpeakError, match=r"T-0\.20"):
        describe("glass/taper-2/T-0.2")


def test_blocks_are_one_line_of_the_list(capsys):
    assert main(["datasets", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert main(["datasets", "list", "--json", "--blocks"]) == 0
    files = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert set(files) == set(known_datasets())
    assert not [name for name in rows if "block-" in name]
    blocks = families(files)
    assert {name: row["blocks"] for name, row in rows.items() if row["blocks"]} == {
        name: len(members) for name, members in blocks.items()
    }
    assert rows["limit/taper-2"]["where"] == "embedded"
    assert rows["limit/taper-2"]["size"] == info("limit/taper-2").size
    hidden = next(name for name in blocks if name not in files)
    assert rows[hidden]["size"] == sum(files[name]["size"] for name in blocks[hidden])
