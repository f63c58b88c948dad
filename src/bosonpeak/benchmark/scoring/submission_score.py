"""Score of a third-party run with its card, from files to a scorecard."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from threadpoolctl import threadpool_limits

from bosonpeak.benchmark.cards.card import Card
from bosonpeak.benchmark.cards.card_file import read_card
from bosonpeak.benchmark.figures.limit import Glasses, can_be_laid_beside, modes_in_scaled_frequency
from bosonpeak.benchmark.figures.registry import submission_figure
from bosonpeak.benchmark.judging.measurements import ReferenceData
from bosonpeak.benchmark.judging.verification import environment
from bosonpeak.benchmark.scorecards.claim_results import ClaimResult
from bosonpeak.benchmark.scorecards.scorecard import Code, DataSource, Scorecard
from bosonpeak.benchmark.scoring.claims_axis import Progress, judged_claims, on_record
from bosonpeak.benchmark.scoring.conformance_axis import conformance_items
from bosonpeak.benchmark.scoring.examined import Examined, examined_ensemble
from bosonpeak.benchmark.scoring.totals import total_score
from bosonpeak.benchmark.submission.reading import Say, Submitted, read_run
from bosonpeak.benchmark.submission.run_files import CARD_IN_RUN, card_inside, place_in_run, root_of
from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder
from bosonpeak.datasets.adapters.decoding.protected import opened
from bosonpeak.datasets.errors import CardError, ForeignInputError
from bosonpeak.datasets.sandbox.limits import DEFAULT_LIMITS, Limits
from bosonpeak.datasets.storage import content_digest
from bosonpeak.plot.figure import Figure

SCALED_MODES = "modes-a-particle"
"""Name of the figure of all glasses of a run."""

_UNPROTECTED = "no protection: they were declared to be trusted"


def score(
    paths: str | Path | Sequence[str | Path],
    card: str | Path | None = None,
    *,
    trust_files: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress = lambda claim, number, total: None,
    say: Say = lambda text: None,
) -> Scorecard:
    r"""Judge a submission: conformance, mechanics, claims, completeness and provenance.

    Parameters
    ----------
    paths : path, or sequence of one path
        One run: a folder, an archive of one, or one file of eigenfrequencies or configurations.
    card : path, optional
        The submission's card; by default ``card.toml`` inside the run.
    trust_files : bool
        Whether the files are read in this process. By default a process reads them that can do nothing else.
    limits : Limits
        Limits of memory, time and unpacked size for reading.
    progress : callable, optional
        Called with a claim's id, its number and the number of claims.
    say : callable, optional
        Receives progress messages.

    Returns
    -------
    Scorecard
        With the claims that apply, why the others could not be run, and the score.

    Raises
    ------
    CardError
        If the card is missing or cannot be used.
    ForeignInputError
        If the data cannot be read or contradict the card; or this system cannot protect itself, and `trust_files` is
        false.

    Examples
    --------
    The spectrum of the 3 x 3 lattice as third-party data: only its one zero mode can be checked.

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> lines = ['system = "spring-network"', "dimension = 2", "nodes = 9", "displacement = 0.0", "situation = 1"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "card.toml").write_text("\n".join(lines))
    ...     np.savetxt(Path(folder) / "frequencies.txt", np.sqrt([0.0, 3.0, 3.0, 3.0, 3.0, 6.0, 6.0, 6.0, 6.0]))
    ...     scorecard = score(folder, trust_files=True)
    >>> scorecard.score.correctness
    Correctness(right=1, decided=1)
    >>> [item.name for axis in scorecard.score.axes for item in axis.items if item.outcome == "met"]
    ['zero modes']
    """
    paths = [paths] if isinstance(paths, str | Path) else paths
    if len(paths) != 1:
        raise ForeignInputError(
            "one run is scored at a time; one ensemble, or a folder with several",
            expected="one path",
            got=f"{len(paths)} paths",
        )
    path = Path(paths[0])
    with opened(path, trust_files=trust_files, limits=limits) as (content, decoder):
        file = card_inside(content) if card is None else Path(card)
        if file is None:
            raise CardError(
                "a submission needs a card",
                expected=f"--card CARD.toml that says what the data are, or {CARD_IN_RUN} inside the run",
                got="no card",
            )
        submission_card = read_card(file)
        root = content if content == path else root_of(content, submission_card)
        name = path.resolve().name
        return score_run(root, submission_card, name=name, others=[file], decoder=decoder, progress=progress, say=say)


def score_run(
    root: Path,
    card: Card,
    *,
    name: str,
    others: Sequence[Path] = (),
    decoder: Decoder = IN_PLACE,
    progress: Progress = lambda claim, number, total: None,
    say: Say = lambda text: None,
) -> Scorecard:
    """Judge a run whose card has been read, a folder or a file; `others` are files of the folder without data."""
    examined = examine(root, card, others=others, decoder=decoder, progress=progress, say=say)
    say("adding up")
    with threadpool_limits(limits=1):  # as in `verify`
        total = total_score(examined)
    submitted, results = examined.submitted, examined.results
    reference = examined.reference
    figures = _figures(submitted, name) | _scaled_modes(submitted, name, reference)
    return Scorecard(
        suite="score",
        code=Code(card.code_name, card.code_version),
        data=tuple(DataSource(_label(ensemble, name), content_digest(ensemble.dataset)) for ensemble in submitted),
        environment=environment() | {"files read with": "; ".join(decoder.protections) or _UNPROTECTED},
        claims=tuple(dataclasses.replace(result, figure=_figure_of(result, figures)) for result in results),
        not_run=examined.not_run,
        figures=figures,
        score=total,
    )


def examine(
    root: Path,
    card: Card,
    *,
    others: Sequence[Path] = (),
    decoder: Decoder = IN_PLACE,
    progress: Progress = lambda claim, number, total: None,
    say: Say = lambda text: None,
) -> Examined:
    """Read a run, recompute it, compare it with the reference and judge the claims; parameters as in `score_run`."""
    recorded = on_record(card.recorded)
    answers, notes = conformance_items(place_in_run(root, card.conformance) if card.conformance else None, decoder)
    reference = ReferenceData()
    found = read_run(root, card, others=others, say=say, decoder=decoder)
    ensembles = tuple(examined_ensemble(ensemble, reference, say) for ensemble in found)
    with threadpool_limits(limits=1):  # as in `verify`
        results, not_run = judged_claims([ensemble.submitted for ensemble in ensembles], recorded, progress)
    return Examined(root, card, ensembles, tuple(answers), tuple(notes), tuple(results), tuple(not_run), reference)


def _label(ensemble: Submitted, name: str) -> str:
    return f"{name}/{ensemble.card.path}" if ensemble.card.path else name


def _figures(submitted: Sequence[Submitted], name: str) -> dict[str, Figure]:
    """Figures of the submitted spring networks with complete spectra, by place."""
    return {
        f"submission-{number}": submission_figure(ensemble.dataset, ensemble.card.cell, _label(ensemble, name))
        for number, ensemble in enumerate(submitted, start=1)
        if ensemble.card.is_network and ensemble.has_complete_spectra
    }


def _scaled_modes(submitted: Sequence[Submitted], name: str, reference: ReferenceData) -> dict[str, Figure]:
    """Figures of the modes per particle of all glasses whose first phonon is known, beside the reference."""
    found = [
        Glasses(_label(one, name), one.dataset, one.card.parameters["particles"], one.card.dimension)
        for one in submitted
        if not one.card.is_network and can_be_laid_beside(one.dataset)
    ]
    dimensions = {each.dimension for each in found}
    text = resources.files(__package__).joinpath("glasses_beside.toml").read_text(encoding="utf-8")
    beside = [
        Glasses(entry["caption"], data, int(data.attrs["particles"]), entry["dimension"])
        for entry in tomllib.loads(text)["ensemble"]
        if entry["dimension"] in dimensions
        for data in (reference.cell(entry["dataset"], entry["group"]),)
    ]
    return {SCALED_MODES: modes_in_scaled_frequency(found, beside)} if found else {}


def _figure_of(result: ClaimResult, figures: Mapping[str, Figure]) -> str | None:
    """Key of the first figure, for claims about networks."""
    return (
        next((key for key in figures if key != SCALED_MODES), None)
        if result.regime.get("system") == "spring-network"
        else None
    )
