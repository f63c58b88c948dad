"""Damaged files, through every reader: data or an error of this package, and nothing else."""

import importlib.util
import random
from pathlib import Path

import pytest

from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE
from bosonpeak.datasets.sandbox.confinement import can_confine

SCRIPT = Path(__file__).parents[2] / "performance" / "fuzz_readers.py"
specification = importlib.util.spec_from_file_location("fuzz_readers", SCRIPT)
fuzz_readers = importlib.util.module_from_spec(specification)
specification.loader.exec_module(fuzz_readers)

CORPUS = sorted(path.name for path in fuzz_readers.CORPUS.iterdir())
LONG = "found-netcdf-heap-object-of-no-size.nc"  # five seconds
SHORT = [name for name in CORPUS if name != LONG]


@pytest.fixture
def campaign(tmp_path):
    (tmp_path / "run").mkdir()
    made = fuzz_readers.Campaign(IN_PLACE, tmp_path / "run", tmp_path / "found")
    yield made
    made.close()


@pytest.mark.parametrize("name", [*SHORT, pytest.param(LONG, marks=pytest.mark.slow)])
def test_the_corpus(campaign, name):
    data = (fuzz_readers.CORPUS / name).read_bytes()
    # Another card for each length; the readers of netCDF and HDF5 use none.
    for length in range(1 if data.startswith((b"CDF", b"\x89HDF")) else 4):
        campaign.attempt(data + b"\0" * length)
    assert not campaign.broken


def test_every_format_is_in_the_corpus(campaign):
    for name in SHORT:
        campaign.attempt((fuzz_readers.CORPUS / name).read_bytes())
    assert campaign.outcomes["read"] > 15
    assert campaign.outcomes["unpacked"] == 5


def test_a_few_hundred_mutations(campaign):
    for data in fuzz_readers.seeds_from(seed=7, runs=300):
        campaign.attempt(data)
    assert sum(campaign.outcomes.values()) == 300
    assert not campaign.broken


def test_what_breaks_a_reader_is_noticed_and_kept(campaign, monkeypatch):
    def broken(*arguments):
        raise IndexError("a defect")

    monkeypatch.setattr(fuzz_readers, "read_anything", broken)
    campaign.attempt(b"some bytes")
    assert campaign.outcomes == {"BROKEN": 1}
    assert "a defect" in campaign.report()
    assert [path.read_bytes() for path in campaign.keep.iterdir()] == [b"some bytes"]


def test_mutations_are_the_same_for_the_same_seed():
    first, second = (list(fuzz_readers.seeds_from(seed=3, runs=50)) for _ in range(2))
    assert first == second
    assert len(set(first)) > 40
    assert fuzz_readers.mutated([b""], random.Random(1)) is not None


@pytest.mark.slow
@pytest.mark.skipif(not can_confine(), reason="no Landlock and seccomp here")
def test_ten_thousand_inputs_through_the_protected_process(tmp_path):
    (tmp_path / "run").mkdir()
    inputs = fuzz_readers.seeds_from(seed=11, runs=10_000)
    campaign = fuzz_readers.through_child(tmp_path / "run", tmp_path / "found", inputs)
    assert sum(campaign.outcomes.values()) == 10_000
    assert not campaign.broken
