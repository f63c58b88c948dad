"""Run of a recipe: every sample is made once and written to one file, with resume after any interruption.

The file has the same bits for any number of workers, order of completion and number of stops.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bosonpeak
from bosonpeak.datasets.arguments import require_counts
from bosonpeak.datasets.errors import BosonpeakError, RecipeError, ResumeError, StoreError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.datasets.storage.atomic import leftovers, remove_leftovers
from bosonpeak.datasets.storage.store import output_target, read, write
from bosonpeak.generators.run.cluster import connected_client, machine_memory
from bosonpeak.generators.run.progress import Progress
from bosonpeak.generators.run.recipe import Recipe, load_recipe, parse_recipe, sample_seed
from bosonpeak.generators.run.run_log import RunFacts
from bosonpeak.generators.run.sample_generator import FootprintEstimator, SampleGenerator, sample_generator
from bosonpeak.generators.run.shard_directory import ShardPlace
from bosonpeak.generators.run.shard_object_store import place_at
from bosonpeak.generators.run.shards import Shard, ShardStore, missing_samples, open_shards
from bosonpeak.generators.run.stop_signals import StopRequest, stop_requests
from bosonpeak.generators.run.task_queue import Outcome, Task, compute_tasks, compute_tasks_here
from bosonpeak.generators.run.worker import ClusterError, software_versions

if TYPE_CHECKING:
    import xarray as xr
    from distributed import Client

__all__ = [
    "InterruptedRunError",
    "SampleGenerator",
    "SamplesFailedError",
    "generate_ensemble",
]

MOST_WORKERS = 1024
"""Worker processes that a local cluster may have."""

_FAILURES_SHOWN = 10
_KEPT = "kept"


class InterruptedRunError(BosonpeakError):
    """Run stopped by a signal (`signal_number`); finished samples are kept."""

    def __init__(self, what: str, *, signal_number: int = signal.SIGINT, **details: str) -> None:
        self.signal_number = signal_number
        super().__init__(what, **details)


class SamplesFailedError(BosonpeakError):
    """Failure of some samples of a run; the other samples are kept."""


@dataclass(frozen=True)
class _Member:
    """One ensemble of a run, with parameters completed by the generator."""

    group: str
    parameters: Mapping[str, Any]
    digest: str


@dataclass(frozen=True)
class _Plan:
    """Recipe, generator and ensembles of a run."""

    recipe: Recipe
    generator: SampleGenerator
    members: tuple[_Member, ...]

    @property
    def sample_count(self) -> int:
        return self.recipe.samples * len(self.members)

    @property
    def digests(self) -> dict[str, str]:
        return {member.group: member.digest for member in self.members}


def generate_ensemble(
    recipe: Recipe | str | Path,
    output: str | Path,
    *,
    samples: int | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    client: Client | None = None,
    seed: int | None = None,
    shards: str | Path | None = None,
    keep_shards: bool = False,
    break_lock: bool = False,
    overwrite: bool = False,
    generator: SampleGenerator | None = None,
    progress: Progress | None = None,
) -> Path:
    """Make the ensembles of a recipe and write them to one netCDF file, or one Zarr store.

    With more than one worker, call it from a script only below ``if __name__ == "__main__":``, because worker processes
    import the script.

    Parameters
    ----------
    recipe : Recipe, str or Path
        The recipe, its file, or the name of one that comes with the package.
    output : str or Path
        The file to write; a Zarr store if it ends in ``.zarr``. Beside it appear ``<output>.run.json`` with the
        facts of the run (times, workers, versions) and, until all samples are there, the directory
        ``<output>.shards``.
    samples : int, optional
        Samples of each ensemble, instead of the recipe's.
    workers : int
        Worker processes on this machine; with 1 the samples are made in this process.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers replace local ones; they need the same versions of the software.
    client : distributed.Client, optional
        Client of a running cluster, such as ``dask_jobqueue.SLURMCluster``, instead of its scheduler's address. The
        client stays open. Start workers with one thread each.
    seed : int, optional
        Instead of the recipe's.
    shards : str or Path, optional
        Directory for finished samples, instead of ``<output>.shards``. Samples are returned to this process, which
        writes them into the directory, so that workers need no common file system. Or a URL, such as
        ``"s3://bucket/run"`` or, for a directory that all workers see, ``"file:///scratch/run"``: the workers write to
        the URL themselves, in parallel, and this process reads the samples at the end.
    keep_shards : bool
        Keep finished samples, so that more samples can be added later.
    break_lock : bool
        Remove the lock that a killed run left in an object store. Directory locks end with their process.
    overwrite : bool
        Replace a file that was made from another recipe.
    generator : SampleGenerator, optional
        Replaces the registered generator with the name in the recipe; must be importable on the workers.
    progress : Progress, optional
        Receives the progress of the run.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    RecipeError
        If the recipe is malformed or impossible.
    ResumeError
        If the finished samples of an interrupted run belong to another recipe.
    StoreError
        If a file cannot be written, the output has other content, or another run is at work on the output.
    ClusterError
        If the scheduler or its workers cannot be used, or both a scheduler and a client are given.
    SamplesFailedError
        If samples failed; the others were kept.
    InterruptedRunError
        If the process was asked to stop; finished samples were kept.

    Examples
    --------
    The toy with one spring added, whose poles are omega^2 = 0, 3, 4, 6 and 7:

    >>> import tempfile
    >>> from pathlib import Path
    >>> from bosonpeak.datasets import open_dataset
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = open_dataset(generate_ensemble("network/nine-node", Path(folder) / "toy.nc"), group="added")
    >>> abs((made["eigenfrequency"][0].values ** 2).round(6)).tolist()
    [0.0, 3.0, 3.0, 3.0, 4.0, 6.0, 6.0, 6.0, 7.0]
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe)
    if samples is not None or seed is not None:
        recipe = recipe.replaced(samples=samples, seed=seed)
    require_counts(RecipeError, workers=workers)
    if not 1 <= workers <= MOST_WORKERS:
        raise RecipeError("impossible number of workers", expected=f"1 to {MOST_WORKERS}", got=str(workers))
    if scheduler is not None and client is not None:
        raise ClusterError("a scheduler and a client are given", expected="one of them", done="nothing was computed")
    plan = _plan(recipe, generator or sample_generator(recipe.generator))
    progress = progress or Progress()
    target = output_target(output)
    shard_place = place_at(
        target.with_name(target.name + ".shards") if shards is None else shards, break_lock=break_lock
    )
    is_remote = scheduler is not None or client is not None
    workers_place = "the workers of a scheduler" if is_remote else f"{workers} on this machine"
    facts = RunFacts(recipe.name, recipe.digest, workers_place, software_versions())
    if not overwrite and _is_complete(target, recipe, progress):
        _finish(target, plan, shard_place, facts, keep_shards=keep_shards)
        return target
    with stop_requests() as stop, open_shards(shard_place, recipe, plan.digests) as store:
        _remove_leftovers(target)
        missing = _missing_tasks(plan, store, progress)
        _check_footprint(plan, len(missing), 0 if is_remote else workers, shard_place)
        if missing and (is_remote or workers > 1 or shard_place.workers_write):
            with connected_client(min(workers, len(missing)), scheduler, client) as connected:
                outcomes = compute_tasks(connected, plan.generator, missing, stopping=stop, notice=progress.notice)
                _store_all(outcomes, plan, len(missing), store, facts, progress)
        elif missing:
            _store_all(compute_tasks_here(plan.generator, missing, stop), plan, len(missing), store, facts, progress)
        _refuse_unfinished(plan, missing, facts, stop, target)
        write(_assembled(plan, store, facts), target)
        _write_complete(target, plan, facts, keep_shards=keep_shards)
        if not keep_shards:
            store.remove()
    return target


def _finish(target: Path, plan: _Plan, place: ShardPlace, facts: RunFacts, *, keep_shards: bool) -> None:
    """Complete the clean-up of a run that was killed after its file was written."""
    there = place.is_there()
    if there or _leftovers(target):
        # Samples of another recipe are not removed.
        with contextlib.suppress(ResumeError), open_shards(place, plan.recipe, plan.digests) as store:
            _remove_leftovers(target)
            noted = RunFacts.of(target)
            if not there:
                keep_shards = False  # the place was made only for its lock
            elif noted.get("samples") == plan.recipe.samples:
                keep_shards = noted["finished_samples"] == _KEPT
            else:
                _note_times(plan, store, facts)
                _write_complete(target, plan, facts, keep_shards=keep_shards)
            if not keep_shards:
                store.remove()


def _write_complete(target: Path, plan: _Plan, facts: RunFacts, *, keep_shards: bool) -> None:
    """Record the completed run before anything is removed, so that the next run can finish the clean-up."""
    kept = _KEPT if keep_shards else "removed"
    facts.write(target, "complete", samples=plan.recipe.samples, finished_samples=kept)


def _note_times(plan: _Plan, store: ShardStore, facts: RunFacts) -> None:
    if not list(missing_samples(store, list(plan.digests), plan.recipe.samples)):
        for member in plan.members:
            _finished(plan, member, store, facts)


def _leftovers(target: Path) -> bool:
    return any(leftovers(path) for path in (target, RunFacts.path(target)))


def _remove_leftovers(target: Path) -> None:
    """Remove partial output files; the lock on the finished samples excludes concurrent writers."""
    for path in (target, RunFacts.path(target)):
        remove_leftovers(path)


def _plan(recipe: Recipe, generator: SampleGenerator) -> _Plan:
    """Let the generator complete and check all parameters; one error lists every problem."""
    problems: dict[str, str] = {}
    if recipe.kind != generator.kind:
        problems["kind"] = f"kind: {generator.name} makes {generator.kind!r}, not {recipe.kind!r}"
    members = []
    for ensemble in recipe.ensembles:
        try:
            complete = generator.check(ensemble.parameters)
        except RecipeError as error:
            problems.setdefault(str(error), f"{ensemble.group or 'parameters'}: {error}")
        else:
            members.append(_Member(ensemble.group, complete, recipe.ensemble_digest(complete)))
    if problems:
        raise RecipeError(
            f"the generator {generator.name} cannot follow the recipe",
            got="".join(f"\n    - {problem}" for problem in problems.values()),
            where=recipe.name,
        )
    return _Plan(recipe, generator, tuple(members))


def _is_complete(target: Path, recipe: Recipe, progress: Progress) -> bool:
    """Test whether the file already holds the requested samples; refuse to replace any other file."""
    if not target.exists():
        return False
    attributes = _recorded_run(target)
    digest = attributes.get("recipe_digest")
    if digest != recipe.digest:
        raise StoreError(
            "the output file contains other data",
            expected=f"a new file, or a file made from the recipe {recipe.name}",
            got=f"recipe digest {digest}" if digest else "a file that was not made from a recipe",
            where=str(target),
            likely_cause="the recipe or the seed was changed; give another output file, or --overwrite",
            done="nothing was computed",
        )
    samples = _recorded_samples(attributes, target)
    if samples < recipe.samples:
        progress.notice(f"{target.name} holds {samples} samples of {recipe.samples}; the others are added")
        return False
    progress.notice(f"{target.name} is complete already")
    if samples == recipe.samples and attributes.get("recipe") != recipe.text:
        progress.notice("its title or other text is from an earlier run; --overwrite replaces the file")
    return True


def _recorded_run(target: Path) -> Mapping[Any, Any]:
    """Attributes of a complete output file."""
    try:
        return read(target).attrs
    except StoreError as error:
        raise _unknown_content(error, target) from error


def _recorded_samples(attributes: Mapping[Any, Any], target: Path) -> int:
    """Number of samples in the recipe of an output file; a sample may fill several entries of ``sample``."""
    try:
        return parse_recipe(str(attributes.get("recipe", ""))).samples
    except RecipeError as error:
        raise _unknown_content(error, target) from error


def _unknown_content(error: BosonpeakError, target: Path) -> StoreError:
    return StoreError(
        "the output file exists, and its contents cannot be identified",
        got=f"{error.what}: {error.got}",
        where=str(target),
        likely_cause="another program wrote it; give another output file, or --overwrite",
        done="nothing was computed, and the file is untouched",
    )


def _missing_tasks(plan: _Plan, store: ShardStore, progress: Progress) -> list[Task]:
    parameters = {member.group: member.parameters for member in plan.members}
    tasks = []
    for group, index, damage in missing_samples(store, list(parameters), plan.recipe.samples):
        if damage is not None:
            progress.notice(f"{damage.what}; it is recomputed: {damage.where}")
        slot = store.slot(group, index) if store.place.workers_write else None
        tasks.append(Task(group, index, parameters[group], sample_seed(plan.recipe, index), slot))
    return tasks


def _check_footprint(plan: _Plan, missing: int, local_workers: int, place: ShardPlace) -> None:
    """Refuse a run that exceeds memory or disk, if the generator predicts the size of its samples."""
    if not isinstance(plan.generator, FootprintEstimator) or not missing:
        return
    footprints = [plan.generator.footprint(member.parameters) for member in plan.members]
    memory = local_workers * max(memory for memory, _ in footprints)
    disk = missing * max(disk for _, disk in footprints)
    for what, needed, available in (
        ("memory of the workers", memory, machine_memory()),
        ("disk for finished samples", disk, place.free_space()),
    ):
        if available is not None and needed > available:
            raise RecipeError(
                f"the recipe requires more than is available: {what}",
                expected=f"at most {available / 1e6:,.1f} MB",
                got=f"about {needed / 1e6:,.1f} MB",
                where=plan.recipe.name,
                done="nothing was computed",
            )


def _store_all(
    outcomes: Iterable[Outcome], plan: _Plan, missing: int, store: ShardStore, facts: RunFacts, progress: Progress
) -> None:
    progress.start(plan.sample_count, plan.sample_count - missing)
    try:
        for outcome in outcomes:
            _take(outcome, store, facts, progress)
    finally:
        progress.stop()


def _take(outcome: Outcome, store: ShardStore, facts: RunFacts, progress: Progress) -> None:
    """Store a sample, or confirm that its worker has stored it, and only then count it."""
    task = outcome.task
    if outcome.failure:
        facts.failures[f"{task.group}/{task.index}".lstrip("/")] = outcome.failure
        progress.sample_failed()
        return
    if task.slot is not None:
        task.slot.confirm(outcome.checksum)
    else:
        sample = Shard(outcome.arrays, outcome.seconds, bosonpeak.__version__, outcome.machine)
        store.slot(task.group, task.index).write(sample)
    facts.made += 1
    progress.sample_finished()


def _refuse_unfinished(plan: _Plan, missing: Sequence[Task], facts: RunFacts, stop: StopRequest, target: Path) -> None:
    left = len(missing) - facts.made
    if not left:
        return
    done = f"{plan.sample_count - left} finished samples were kept; run the same command again to resume"
    if stop():
        raise InterruptedRunError(
            f"stopped by {signal.Signals(stop.signal_number).name} with {left} samples to go",
            signal_number=stop.signal_number,
            where=str(target),
            done=done,
        )
    facts.write(target, "samples failed")
    named = [f"\n    - {name}: {message}" for name, message in sorted(facts.failures.items())]
    more = f"\n    - and {len(named) - _FAILURES_SHOWN} more" if len(named) > _FAILURES_SHOWN else ""
    raise SamplesFailedError(
        f"{left} of {plan.sample_count} samples failed",
        got="".join(named[:_FAILURES_SHOWN]) + more,
        where=f"all of them in {target.name}.run.json",
        done=done,
    )


def _assembled(plan: _Plan, store: ShardStore, facts: RunFacts) -> xr.Dataset | xr.DataTree:
    import xarray as xr

    recipe = plan.recipe
    attributes = provenance_attributes(
        kind=recipe.kind,
        title=recipe.title,
        summary=recipe.summary,
        created=recipe.created,
        licence=recipe.licence,
        source=recipe.source,
        recipe=recipe.text,
        recipe_digest=recipe.digest,
        seed=recipe.seed,
    )
    leaves = {member.group: _leaf(plan, member, store, facts) for member in plan.members}
    attributes["made_on"] = " | ".join(sorted(facts.machines))
    if "" in leaves:
        return leaves[""].assign_attrs(attributes)
    tree = xr.DataTree.from_dict(leaves)
    tree.attrs = attributes
    return tree


def _leaf(plan: _Plan, member: _Member, store: ShardStore, facts: RunFacts) -> xr.Dataset:
    shards = _finished(plan, member, store, facts)
    dataset = plan.generator.assemble(member.parameters, [shard.arrays for shard in shards])
    return dataset.assign_attrs(kind=plan.generator.kind)


def _finished(plan: _Plan, member: _Member, store: ShardStore, facts: RunFacts) -> list[Shard]:
    """All samples of an ensemble, with their durations recorded."""
    try:
        shards = [store.slot(member.group, index).read() for index in range(plan.recipe.samples)]
    except FileNotFoundError as error:
        raise StoreError(
            "a finished sample has disappeared",
            got=str(error),
            where=store.place.address,
            likely_cause="it was removed during the run",
            done="the other samples, if still present, were kept; run the same command again to resume",
        ) from error
    for shard in shards:
        facts.note_sample(shard.seconds, shard.code_version, shard.machine)
    return shards
