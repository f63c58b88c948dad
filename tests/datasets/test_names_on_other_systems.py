"""Names of files on Windows and macOS, by the rules of these systems; no such machine is needed."""

import ntpath
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bosonpeak
from bosonpeak.datasets.adapters.files.archive_checks import DistinctNames, plain_parts
from bosonpeak.datasets.errors import ForeignInputError, RecipeError
from bosonpeak.datasets.plain_text import is_file_name_everywhere
from bosonpeak.generators.run.recipe import parse_recipe

DEVICES = ["con", "NUL", "nul.txt", "Aux.tar.gz", "prn .x", "com1", "LPT9.csv", "com²", "CONIN$", "conout$.nc"]
PLAIN = ["console", "nullable.txt", "com", "com0", "com10", "lpt", "a.con", "aux-1", "T-0.20", "delta-0.1", "x+1=2"]
LONGEST_PATH = 260
"""Characters that Windows takes unless told otherwise."""


@pytest.mark.parametrize("name", DEVICES)
def test_a_device_is_no_file(name):
    assert not is_file_name_everywhere(name)
    with pytest.raises(ForeignInputError, match="names a device"):
        plain_parts(f"run/{name}", "x")


@pytest.mark.parametrize("name", ["a.", "a ", "..", "nul.", "con "])
def test_what_windows_cuts_off_is_no_name(name):
    assert not is_file_name_everywhere(name)


@pytest.mark.parametrize("name", PLAIN)
def test_a_name_that_only_looks_like_a_device_is_a_name(name):
    assert is_file_name_everywhere(name)
    assert plain_parts(name, "x") == (name,)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="Python's own list of devices came with 3.13")
@settings(max_examples=300, deadline=None)
@given(st.one_of(st.sampled_from(DEVICES + PLAIN), st.text("conauxprlt129 .$²", min_size=1, max_size=7)))
def test_python_knows_the_same_devices(name):
    assert is_file_name_everywhere(name) != (ntpath.isreserved(name) or name in (".", ".."))


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(st.sampled_from(["..", ".", "", "a", "b.", "C:", "\\", "nul", "//x", "a:b", "c"]), max_size=6).map(
            "/".join
        ),
    )
)
def test_an_accepted_member_stays_below_its_folder_on_every_system(name):
    try:
        parts = plain_parts(name, "x")
    except ForeignInputError:
        return
    for flavour, root in ((PureWindowsPath, "C:\\runs\\content"), (PurePosixPath, "/runs/content")):
        placed = flavour(root, *parts)
        assert placed.parts == (*flavour(root).parts, *parts)
        assert all(flavour(part).parts == (part,) for part in parts)


@pytest.mark.parametrize("group", ["nul", "a/COM1", "aux.b", "a."])
def test_a_group_is_a_folder_everywhere(group):
    recipe = """
[recipe]
name = "r"
kind = "mode-ensemble"
title = "t"
summary = "s"
created = "2026-01-01"
licence = "CC0-1.0"
source = "Drawn"
generator = "random-modes"
seed = 1
samples = 1
[[ensemble]]
group = "{}"
"""
    assert parse_recipe(recipe.format("a/b")).ensembles[0].group == "a/b"
    with pytest.raises(RecipeError, match="device on Windows"):
        parse_recipe(recipe.format(group))


def test_every_file_of_the_package_can_lie_on_every_system():
    root, taken = Path(bosonpeak.__file__).parent, DistinctNames()
    files = [path.relative_to(root) for path in root.rglob("*") if path.is_file() and path.suffix[:3] != ".nb"]
    assert len(files) > 400
    for file in files:
        taken.add(plain_parts(file.as_posix(), "bosonpeak"), is_folder=False, where="bosonpeak")
        assert (
            len(str(PureWindowsPath("C:/Users/somebody/project/.venv/Lib/site-packages/bosonpeak", file)))
            < LONGEST_PATH
        )
