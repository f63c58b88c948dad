"""The page of quantities: every example runs in at most two lines, and gives the numbers that the text says."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "quantities.md"


@pytest.fixture(scope="module")
def examples():
    if not PAGE.exists():
        pytest.skip("the documentation is not beside these tests")
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def names(examples, data_release):
    names = {}
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), names)
    return names


def test_every_quantity_takes_at_most_two_lines(examples):
    assert len(examples) > 10
    assert all(len(example.splitlines()) <= 2 for example in examples[1:])


def test_rows_of_two_datasets_are_the_same_glass(names):
    joined = names["joined"]
    assert joined.sizes["sample"] == 20
    assert joined["spectrum"].notnull().all()
    spectrum = joined["spectrum"].sel(sample=12, full_mode=slice(0, 19)).values
    np.testing.assert_allclose(spectrum, names["modes"]["eigenfrequency"].sel(sample=12), rtol=1e-10)
    np.testing.assert_allclose(names["eigenvalues"].values[:20], spectrum**2, rtol=1e-10)


def test_numbers_in_the_text_are_the_ones_of_the_data(names):
    assert round(float(names["modes"]["contact_number"].mean())) == 31
    np.testing.assert_allclose(names["positive"], 0.5, atol=0.02)
    assert names["everything"]["parent_temperature"].values.tolist() == [0.15, 0.2, 1.0]
    assert names["contacts"].index.names == ["parent_temperature"]
    assert (names["modes"]["eigenvector"].sizes["low_mode"], names["modes"].sizes["sample"]) == (20, 20)
    assert (names["large"]["eigenvector"].sizes["low_mode"], names["large"].attrs["particles"]) == (20, 1600)


def test_forces_and_springs_belong_to_the_selected_sample(names):
    assert len(names["force"]) == int(names["modes"]["pair_count"].sel(sample=12))
    assert names["partners"].values.min() == 0
    assert np.array_equal(names["number"].sum(), 2 * len(names["springs"]))


@pytest.fixture(scope="module")
def rows():
    """Cells of the generated table, by parameters of the system."""
    if not PAGE.exists():
        pytest.skip("the documentation is not beside these tests")
    specification = importlib.util.spec_from_file_location("site_data", DOCS / "site_data.py")
    module = importlib.util.module_from_spec(specification)
    sys.modules["site_data"] = module
    specification.loader.exec_module(module)
    lines = [line for line in module.quantity_table().splitlines() if line.startswith("| ")]
    del sys.modules["site_data"]
    table = [[cell.strip() for cell in line[2:-1].split(" | ")] for line in lines]
    return {system: cells[1:] for cells in table for system in systems_of(cells[0])}


def systems_of(text):
    """Systems of one row: "60 × 60, situation 1, δ = 0; situation 3, δ = 0.1, 0.2" are three."""
    found, before = [], []
    for entry in text.split("; "):
        parts = entry.split(", ")
        values = [part for part in parts if re.fullmatch(r"[0-9.]+", part)]
        named = parts[: len(parts) - len(values)]
        before = [*before[: max(0, len(before) - len(named))], *named]
        name, _, first = before[-1].rpartition(" ")
        found += [", ".join([*before[:-1], f"{name} {value}"]) for value in (first, *values)]
    return found


def test_the_table_says_which_quantities_are_embedded_released_or_by_recipe(rows):
    eigenvalues, eigenvectors, stresses, coordination = rows["d = 3, N = 1000, m = 2, T* = 0.2"]
    assert "`glass/taper-2` 300: 50 lowest; 100: all" in eigenvalues
    assert "`glass/taper-2-particles` *released* 20: 20 lowest" in eigenvectors
    assert "`glass/taper-2-particles` *released* 20: pair forces" in stresses
    assert "`glass/taper-2-particles` *released* 20: coordination; 20: contacts" in coordination
    assert rows["d = 3, N = 1000, m = 4, T* = 0.2"][1] == "by recipe"
    assert rows["60 × 60, situation 3, δ = 0.3"][1] == "`network/eigenvectors` *released* 5: 10 lowest"


def test_every_cell_of_the_paper_has_eigenvectors(rows):
    glasses = [rows[f"d = 3, N = 1000, m = {m}, T* = {t}"] for m in ("2", "∞") for t in ("1", "0.2", "0.15")]
    networks = [rows[f"60 × 60, situation {s}, δ = {d}"] for s in (1, 2, 3) for d in ("0", "0.1", "0.2", "0.3")]
    for cells in (*glasses, *networks):
        assert "by recipe" not in cells
