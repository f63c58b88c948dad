"""Attempts to be scored higher than the data deserve: each earns less or is refused, and the card says why.

The honest submission holds twelve glasses of soft discs in the regime of an embedded ensemble, made with another seed
(``data/make_soft_discs.py``): configurations, complete spectra and energies.
"""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from bosonpeak.benchmark.conformance.cases import case_names, load_case
from bosonpeak.benchmark.conformance.exporting import export
from bosonpeak.benchmark.scorecards.score_result import Correctness
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.benchmark.scoring.submission_score import score
from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import BosonpeakError
from bosonpeak.generators import InversePower
from bosonpeak.generators.glasses.normal_modes import glass_normal_modes
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
from bosonpeak.generators.particles.forces import energy_and_forces

DATA = Path(__file__).parents[1] / "data" / "soft_discs.npz"
BOX = 20.0
REGIME = "glass/modes-2d/m-2/T-1.00"


@dataclass
class Run:
    """What is submitted, before it is written."""

    frequency: np.ndarray
    position: np.ndarray | None = None
    diameter: np.ndarray | None = None
    energy: np.ndarray | None = None
    card: dict = field(default_factory=dict)

    def write(self, folder):
        (folder / "discs").mkdir(parents=True)
        np.save(folder / "discs" / "frequencies.npy", self.frequency)
        for index, (positions, diameters) in enumerate(zip(self.position or [], self.diameter or [], strict=True)):
            rows = [
                f"X {x!r} {y!r} 0.0 {a!r}" for (x, y), a in zip(positions.tolist(), diameters.tolist(), strict=True)
            ]
            comment = f'Lattice="{BOX} 0 0 0 {BOX} 0 0 0 1" Properties=species:S:1:pos:R:3:diameter:R:1 pbc="T T T"'
            text = "\n".join([str(len(rows)), comment, *rows]) + "\n"
            (folder / "discs" / f"glass-{index}.xyz").write_text(text)
        if self.energy is not None:
            np.save(folder / "energies.npy", self.energy)
        return score([folder], card=self.write_card(folder))

    def write_card(self, folder):
        count = len(self.frequency)
        values = {
            "path": "discs",
            "system": "soft-spheres",
            "dimension": 2,
            "particles": 400,
            "parent_temperature": 1.0,
            "taper": 2,
            "samples_made": count,
            "independent_chains": count,
        } | self.card
        stated = {key: value for key, value in values.items() if value is not None}
        lines = [f"{key} = {value!r}".replace("'", '"') for key, value in stated.items()]
        if self.energy is not None:
            lines.append('variables = { inherent_structure_energy = "energies.npy" }')
        card = folder / "card.toml"
        card.write_text("\n".join(['[code]\nname = "a stranger"\n[[ensemble]]', *lines]) + "\n")
        return card


@pytest.fixture(scope="module")
def glasses():
    potential = InversePower(12, 1.955, 2)
    with np.load(DATA) as stored:
        positions, diameters = stored["position"], stored["diameter"]
    frequencies, energies = [], []
    for configuration in zip(positions, diameters, strict=True):
        hessian = ProjectedHessian.of_configuration(*configuration, BOX, potential)
        frequencies.append(glass_normal_modes(hessian, "all").frequencies)
        energies.append(energy_and_forces(*configuration, BOX, potential)[0] / len(configuration[0]))
    return Run(np.array(frequencies), list(positions), list(diameters), np.array(energies))


@pytest.fixture(scope="module")
def honest(glasses, tmp_path_factory):
    return glasses.write(tmp_path_factory.mktemp("honest")).score


def worth(score):
    """What was earned on all axes."""
    return sum(axis.earned for axis in score.axes)


def item(score, axis, name):
    return next(item for item in score.axis(axis).items if item.name == name and item.where == REGIME)


def chosen(run, which, **card):
    return Run(
        run.frequency[which],
        [run.position[index] for index in which],
        [run.diameter[index] for index in which],
        run.energy[which],
        card,
    )


def test_the_honest_submission_earns(honest):
    assert honest.objections == ()
    assert (honest.axis("mechanics").count("not met"), honest.axis("claims").count("not met")) == (0, 0)
    checks = (
        "force balance",
        "stable minimum",
        "lowest frequencies",
        "sum rule",
        "energies",
        "density and composition",
    )
    assert all(item(honest, "mechanics", check).outcome == "met" for check in checks)
    assert honest.axis("claims").count("met") >= 3
    covered = {track.track: track.correctness for track in honest.tracks}
    assert [name for name, found in covered.items() if found.decided] == ["soft spheres"]
    assert covered["soft spheres"].share > 0.9
    assert 0.2 < honest.track("soft spheres").coverage < 0.6


@pytest.mark.parametrize("empty", [np.zeros((0, 800)), np.zeros((3, 0)), np.zeros((3, 800))])
def test_empty_data_are_refused(empty, tmp_path):
    with pytest.raises(BosonpeakError):
        Run(empty).write(tmp_path)


def test_an_empty_folder_and_an_empty_card_are_refused(tmp_path):
    (tmp_path / "discs").mkdir()
    card = Run(np.zeros((1, 1))).write_card(tmp_path)
    with pytest.raises(BosonpeakError, match="holds no data"):
        score([tmp_path], card=card)
    (tmp_path / "empty.toml").write_text("")
    with pytest.raises(BosonpeakError, match="missing key"):
        score([tmp_path], card=tmp_path / "empty.toml")


def test_copied_reference_data_earn_nothing(honest, tmp_path):
    reference = open_dataset("glass/modes-2d", group="m-2/T-1.00")
    copied = Run(reference["eigenfrequency"].values, card={"independent_chains": 20}).write(tmp_path).score
    assert any("copied (void" in objection for objection in copied.objections)
    assert copied.axis("claims").earned == copied.axis("mechanics").earned == copied.axis("completeness").earned == 0
    assert copied.correctness.right == 0 < copied.correctness.decided
    assert all(copied.axis(name).count("met") == 0 for name in ("claims", "mechanics", "completeness"))
    assert worth(copied) < worth(honest)


def test_copied_configurations_earn_nothing(honest, tmp_path):
    reference = open_dataset("glass/modes-2d", group="m-2/T-1.00")
    first = slice(0, 3)
    noise = np.random.default_rng(3).standard_normal((3, 800))
    run = Run(
        np.sort(np.abs(noise), axis=1),
        list(reference["position"].values[first]),
        list(reference["diameter"].values[first]),
    )
    copied = run.write(tmp_path).score
    assert any("copied (void" in objection for objection in copied.objections)
    assert copied.axis("mechanics").earned == 0
    assert worth(copied) < worth(honest)


def test_duplicated_samples_earn_nothing(glasses, honest, tmp_path):
    twice = chosen(glasses, [0, 1, 2, 3, 4, 5] * 2).write(tmp_path).score
    assert any("duplicated (void" in objection for objection in twice.objections)
    assert twice.axis("claims").earned == 0
    assert worth(twice) < worth(honest)


def test_cherry_picked_samples_earn_less(glasses, honest, tmp_path):
    stiffest = np.argsort(glasses.frequency[:, 0])[6:].tolist()
    picked = chosen(glasses, stiffest, samples_made=12).write(tmp_path).score
    assert any("6 of 12 samples" in objection for objection in picked.objections)
    assert item(picked, "completeness", "every sample that was made").earned == 0.5
    assert worth(picked) < worth(honest)


def test_cherry_picking_that_is_not_admitted_earns_less(glasses, honest, tmp_path):
    stiffest = np.argsort(glasses.frequency[:, 0])[6:].tolist()
    picked = chosen(glasses, stiffest).write(tmp_path).score
    assert worth(picked) < worth(honest)
    assert picked.axis("completeness").earned < honest.axis("completeness").earned


def test_an_archive_is_scored_like_the_folder(glasses, tmp_path):
    run = Run(glasses.frequency[:, :50])
    plain = run.write(tmp_path / "run")
    for form in ("zip", "xztar"):
        archive = shutil.make_archive(str(tmp_path / form), form, root_dir=tmp_path, base_dir="run")
        packed = score([archive])
        assert packed.score == plain.score
        assert packed.data[0].digest == plain.data[0].digest


def test_a_run_of_conformance_alone(tmp_path):
    case = load_case(case_names()[0])
    export(tmp_path / "cases", [case])
    np.save(tmp_path / "cases" / case.name / "energy.npy", case.references["energy"].value)
    (tmp_path / "card.toml").write_text('[code]\nname = "theirs"\n[provenance]\nconformance = "cases"\n')
    found = score([tmp_path])
    assert (found.claims, found.data, found.exit_code) == ((), (), 0)
    assert found.score.axis("conformance").earned == 1
    assert found.score.correctness == Correctness(1, 1)
    assert found.score.track("conformance").correctness.decided == 1
    assert [step.track for step in found.score.next_steps] == ["Kob-Andersen", "soft spheres", "spring networks"]
    assert [axis.submitted for axis in found.score.axes] == [1, 0, 0, 0, 1]
    assert Scorecard.from_json(found.to_json()) == found


def test_another_taper_on_the_card_contradicts_the_configurations(glasses, honest, tmp_path):
    relabelled = chosen(glasses, list(range(12)), taper="inf").write(tmp_path).score
    wrong = {item.name for item in relabelled.axis("mechanics").items if item.outcome == "not met"}
    assert {"force balance", "lowest frequencies", "energies", "sum rule"} <= wrong
    assert worth(relabelled) < worth(honest)


def test_another_temperature_on_the_card_is_seen_in_the_spectra(glasses, honest, tmp_path):
    relabelled = Run(glasses.frequency, card={"parent_temperature": 0.15}).write(tmp_path).score
    assert relabelled.axis("claims").earned == 0
    assert relabelled.axis("claims").count("not met") > 0
    assert worth(relabelled) < worth(honest)


@pytest.mark.parametrize("factor", [1.02, 2.0 * np.pi])
def test_rescaled_frequencies_contradict_the_configurations(glasses, honest, tmp_path, factor):
    run = chosen(glasses, list(range(12)))
    run.frequency = run.frequency * factor
    rescaled = run.write(tmp_path).score
    wrong = {item.name: item for item in rescaled.axis("mechanics").items if item.outcome == "not met"}
    assert {"lowest frequencies", "sum rule"} <= set(wrong)
    assert f"median ratio {factor:.6g}" in wrong["lowest frequencies"].evidence or "void" in wrong["sum rule"].evidence
    assert worth(rescaled) < worth(honest)


def test_rescaled_frequencies_without_configurations_are_void(glasses, honest, tmp_path):
    rescaled = Run(2.0 * np.pi * glasses.frequency).write(tmp_path).score
    assert any("rescaled (void" in objection and "2 pi" in objection for objection in rescaled.objections)
    assert rescaled.axis("claims").earned == 0
    assert worth(rescaled) < worth(honest)


def test_more_samples_than_were_made_are_refused(glasses, tmp_path):
    with pytest.raises(BosonpeakError, match="more samples"):
        chosen(glasses, list(range(12)), samples_made=3).write(tmp_path)


@pytest.mark.parametrize(
    "left_out", ["configurations", "energies", "half of the samples", "chains", "spectra's upper part"]
)
def test_nothing_is_gained_by_leaving_something_out(glasses, honest, tmp_path, left_out):
    run = chosen(glasses, list(range(6)) if left_out == "half of the samples" else list(range(12)))
    if left_out == "configurations":
        run.position = run.diameter = None
    elif left_out == "energies":
        run.energy = None
    elif left_out == "spectra's upper part":
        run.frequency = run.frequency[:, :50]
    elif left_out == "chains":
        run.card = {"independent_chains": 1}
    assert worth(run.write(tmp_path).score) < worth(honest)
