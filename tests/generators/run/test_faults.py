"""What killed, disturbed and racing runs leave behind, and that the next run mends it."""

import concurrent.futures
import shutil

import numpy as np
import pytest

from bosonpeak.datasets.errors import ResumeError, StoreError
from bosonpeak.datasets.storage import atomic
from bosonpeak.datasets.storage.atomic import remove_leftovers
from bosonpeak.generators.run import shard_directory, shards
from bosonpeak.generators.run.ensemble import generate_ensemble
from bosonpeak.generators.run.progress import Progress
from bosonpeak.generators.run.recipe import load_recipe
from bosonpeak.generators.run.shard_directory import DirectoryPlace
from bosonpeak.generators.run.shards import DamagedShardError, Shard, ShardSlot, open_shards


@pytest.fixture
def run(toy_workers):
    def running(recipe, output, **options):
        return generate_ensemble(recipe, output, scheduler=toy_workers, **options)

    return running


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".toml")


def half_written(target):
    """What a process leaves that is killed while it writes."""
    temporary = atomic._beside(target, "part")
    temporary.write_bytes(b"half")
    return temporary


def test_a_run_killed_after_it_had_written_its_file_is_finished_by_the_next(toy_recipe, tmp_path, run):
    recipe, output = toy_recipe(samples=2), tmp_path / "out.nc"
    run(recipe, output, keep_shards=True)
    bits = output.read_bytes()
    (tmp_path / "out.nc.run.json").unlink()
    half_written(output)
    half_written(tmp_path / "out.nc.run.json")
    run(recipe, output)
    assert names(tmp_path) == ["out.nc", "out.nc.run.json"]
    assert output.read_bytes() == bits
    assert '"count": 4' in (tmp_path / "out.nc.run.json").read_text()


def test_an_old_store_that_a_run_could_not_remove_is_removed_by_the_next(toy_recipe, tmp_path, run):
    """All is done and the finished samples are gone; only what the new store was exchanged for is still there."""
    recipe, output = toy_recipe(samples=1), tmp_path / "out.zarr"
    run(recipe, output)
    shutil.copytree(output, atomic._beside(output, "part"))
    run(recipe, output)
    assert names(tmp_path) == ["out.zarr", "out.zarr.run.json"]


def test_a_run_killed_while_it_removed_its_shards_is_finished_by_the_next(toy_recipe, tmp_path, run):
    recipe, output = toy_recipe(samples=2), tmp_path / "out.nc"
    run(recipe, output, keep_shards=True)
    for shard in (tmp_path / "out.nc.shards").rglob("*.npz"):
        shard.unlink()
    run(recipe, output)
    assert names(tmp_path) == ["out.nc", "out.nc.run.json"]


def test_shards_that_are_to_be_kept_are_kept_by_the_next_run_too(toy_recipe, tmp_path, run):
    recipe, output = toy_recipe(samples=2), tmp_path / "out.nc"
    run(recipe, output, keep_shards=True)
    run(recipe, output)
    assert len(list((tmp_path / "out.nc.shards").rglob("*.npz"))) == 4
    facts = tmp_path / "out.nc.run.json"
    facts.write_text(facts.read_text().replace('"kept"', '"removed"'))  # as of a run killed before it removed them
    run(recipe, output)
    assert names(tmp_path) == ["out.nc", "out.nc.run.json"]


def test_facts_of_an_earlier_run_say_nothing_of_the_samples_of_a_killed_one(toy_recipe, tmp_path, run):
    recipe, output = toy_recipe(samples=1), tmp_path / "out.nc"
    run(recipe, output, keep_shards=True)
    before = (tmp_path / "out.nc.run.json").read_text()
    run(recipe, output, samples=2, keep_shards=True)
    (tmp_path / "out.nc.run.json").write_text(before)
    run(recipe, output, samples=2)
    assert names(tmp_path) == ["out.nc", "out.nc.run.json"]
    assert '"samples": 2' in (tmp_path / "out.nc.run.json").read_text()


def test_a_complete_file_does_not_cost_another_recipe_its_samples(toy_recipe, tmp_path, run):
    run(toy_recipe(samples=1), tmp_path / "out.nc")
    run(toy_recipe(name="other", samples=1, size=7), tmp_path / "other.nc", keep_shards=True)
    shutil.copytree(tmp_path / "other.nc.shards", tmp_path / "out.nc.shards")
    run(toy_recipe(samples=1), tmp_path / "out.nc")
    assert len(list((tmp_path / "out.nc.shards").rglob("*.npz"))) == 2


class Removing(Progress):
    """Somebody removes the finished samples, when the first is there or when the last is."""

    def __init__(self, folder, moment):
        super().__init__()
        self.folder, self.moment = folder, moment

    def sample_finished(self):
        if self.moment == "first":
            shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self):
        if self.moment == "last":
            shutil.rmtree(self.folder)


@pytest.mark.parametrize("moment", ["first", "last"])
@pytest.mark.parametrize("by_workers", [False, True])
def test_finished_samples_that_are_removed_during_a_run_are_one_error_and_made_again(
    toy_recipe, tmp_path, run, moment, by_workers, monkeypatch
):
    monkeypatch.setattr(shards, "VISIBILITY_PATIENCE", 1.0)
    recipe, output, folder = toy_recipe(samples=4), tmp_path / "out.nc", tmp_path / "shards"
    place = f"file://{folder}" if by_workers else folder
    with pytest.raises(StoreError, match=r"does not exist|is not visible|has disappeared"):
        run(recipe, output, shards=place, progress=Removing(folder, moment))
    run(recipe, output, shards=place)
    whole = run(recipe, tmp_path / "whole.nc")
    assert output.read_bytes() == whole.read_bytes()
    assert not folder.exists()


def test_a_folder_that_goes_while_a_sample_is_written_is_the_place_that_is_gone(tmp_path, monkeypatch):
    place = DirectoryPlace(tmp_path / "shards")
    place.write("manifest.json", b"{}")
    monkeypatch.setattr(shard_directory, "_make_directory", lambda _: None)
    slot = ShardSlot(place, "scale-1.0", 0, "digest")
    with pytest.raises(StoreError, match="has disappeared"):
        slot.write(Shard({"value": np.zeros(1)}, 1.0, "0"))


def test_samples_that_have_lost_their_manifest_are_taken_up_again(toy_recipe, tmp_path, run):
    recipe, output = toy_recipe(samples=2, marks=str(tmp_path / "marks")), tmp_path / "out.nc"
    run(recipe, output, keep_shards=True)
    output.unlink()
    (tmp_path / "out.nc.shards" / "manifest.json").unlink()
    run(recipe, output)
    assert len((tmp_path / "marks").read_text().split()) == 4
    assert not (tmp_path / "out.nc.shards").exists()


def test_samples_of_another_recipe_that_have_lost_their_manifest_are_kept(toy_recipe, tmp_path, run):
    output, manifest = tmp_path / "out.nc", tmp_path / "out.nc.shards" / "manifest.json"
    run(toy_recipe(samples=1, size=7), output, keep_shards=True)
    output.unlink()
    manifest.unlink()
    with pytest.raises(ResumeError, match="belong to another recipe"):
        run(toy_recipe(name="other", samples=1, size=8), output)
    assert len(list(manifest.parent.rglob("*.npz"))) == 2


def test_places_that_open_and_close_at_once_hold_one_run_and_raise_nothing_else(toy_recipe, tmp_path):
    recipe, place = load_recipe(toy_recipe()), DirectoryPlace(tmp_path / "shards")
    inside = []

    def open_and_close(_):
        try:
            with open_shards(place, recipe, {"scale-1.0": "a"}):
                inside.append(1)
                alone = len(inside) == 1
                inside.pop()
                return alone
        except StoreError as error:
            return error.what == "another run is using these samples"

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert all(pool.map(open_and_close, range(120)))


def test_a_place_that_its_last_holder_takes_away_is_made_again(tmp_path):
    place = DirectoryPlace(tmp_path / "shards")
    assert place.entries() == []
    assert not place.is_there()
    with place.exclusive():
        assert place.is_there()


def test_a_store_that_was_moved_aside_comes_back(tmp_path):
    store = tmp_path / "out.zarr"
    former = atomic._beside(store, "former")
    former.mkdir()
    (former / "zarr.json").write_text("the old one")
    half_written(store)
    another = half_written(tmp_path / "another.zarr")
    remove_leftovers(store)
    assert (store / "zarr.json").read_text() == "the old one"
    assert names(tmp_path) == sorted([another.name, "out.zarr"])


def test_a_store_that_was_moved_aside_goes_once_the_new_one_is_there(tmp_path):
    store = tmp_path / "out.zarr"
    store.mkdir()
    atomic._beside(store, "former").mkdir()
    remove_leftovers(store)
    assert names(tmp_path) == ["out.zarr"]


def test_samples_made_with_other_defaults_of_the_generator_are_refused(toy_recipe, tmp_path):
    """The recipe is the same to the letter: only the digest of the completed parameters tells."""
    recipe, place = load_recipe(toy_recipe()), DirectoryPlace(tmp_path / "shards")
    with open_shards(place, recipe, {"scale-1.0": "made with one default"}) as store:
        store.slot("scale-1.0", 0).write(Shard({"x": np.arange(3.0)}, 1.0, "1"))
    with (
        pytest.raises(ResumeError, match="other defaults of the generator"),
        open_shards(place, recipe, {"scale-1.0": "made with another"}),
    ):
        pass
    with open_shards(place, recipe, {"scale-1.0": "made with one default"}) as store:
        assert store.slot("scale-1.0", 0).read().arrays["x"].tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(("digest", "index"), [("another", 0), ("mine", 1)])
def test_a_whole_shard_of_another_ensemble_or_sample_does_not_count(toy_recipe, tmp_path, digest, index):
    place = DirectoryPlace(tmp_path / "shards")
    with open_shards(place, load_recipe(toy_recipe()), {"scale-1.0": "mine"}) as store:
        slot = store.slot("scale-1.0", 0)
        slot.write(Shard({"x": np.arange(3.0)}, 1.0, "1"))
        wrong = ShardSlot(place, "scale-1.0", index, digest)
        if index:
            (tmp_path / "shards" / slot.name).rename(tmp_path / "shards" / wrong.name)
        with pytest.raises(DamagedShardError, match="another ensemble or sample"):
            wrong.read()
