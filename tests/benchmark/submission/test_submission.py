"""What runs are read as, and what each axis makes of them, without the comparisons with the reference data."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.cards.card_file import parse_card
from bosonpeak.benchmark.conformance.answer_files import read_answers
from bosonpeak.benchmark.conformance.cases import load_case, load_cases
from bosonpeak.benchmark.conformance.digits import score_answers
from bosonpeak.benchmark.conformance.exporting import export
from bosonpeak.benchmark.scoring import mechanics_axis
from bosonpeak.benchmark.scoring.conformance_axis import PRACTICE, SELF_REPORTED, conformance_items
from bosonpeak.benchmark.scoring.coverage_axes import provenance_items
from bosonpeak.benchmark.scoring.examined import Examined, ExaminedEnsemble
from bosonpeak.benchmark.submission.conversion import convert_run
from bosonpeak.benchmark.submission.reading import read_run
from bosonpeak.benchmark.submission.recomputing import enriched, recompute
from bosonpeak.benchmark.submission.reference_ensembles import regime_of, why_none
from bosonpeak.benchmark.submission.run_files import EDGE_MODES, laid_out, names_inside, place_in_run
from bosonpeak.datasets import read
from bosonpeak.datasets.errors import CardError, ForeignInputError
from bosonpeak.datasets.sandbox.limits import DEFAULT_LIMITS
from bosonpeak.generators import LennardJones, SpringNetwork
from bosonpeak.generators.glasses.inherent_structure import minimise

GLASS = """
[code]
name = "theirs"
[[ensemble]]
path = "glasses"
system = "kob-andersen"
dimension = 2
particles = 65
density = 1.2
cutoff = 1.8
parent_temperature = 0.6
truncation = "force-shifted"
{more}
"""
DOCS = Path(__file__).parents[3] / "docs" / "score.md"


def glass_card(more=""):
    return parse_card(GLASS.format(more=more))


@pytest.fixture(scope="module")
def mixture():
    """Two small inherent structures of the Kob-Andersen mixture."""
    potential = LennardJones(1.8, "force-shifted", kob_andersen=True)
    box = np.full(2, (65 / 1.2) ** 0.5)
    diameters = np.where(np.arange(65) < 52, 1.0, 0.88)
    found = []
    for seed in range(2):
        start = np.random.default_rng(seed).random((65, 2)) * box
        found.append(minimise(start, diameters, box, potential, tolerance=1e-9).positions)
    return np.array(found), diameters, box, potential


def write_mixture(folder, mixture, names=("A", "B")):
    positions, diameters, box, _ = mixture
    folder.mkdir(parents=True)
    lattice = f"{box[0]!r} 0 0 0 {box[1]!r} 0 0 0 1".replace("np.float64(", "").replace(")", "")
    for index, rows in enumerate(positions.tolist()):
        lines = [f"{names[int(a < 0.9)]} {x!r} {y!r} 0.0" for (x, y), a in zip(rows, diameters, strict=True)]
        head = f'65\nLattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"\n'
        (folder / f"glass-{index}.xyz").write_text(head + "\n".join(lines) + "\n")


def mechanics_items(card, submitted, again):
    examined = Examined(Path(), card, (ExaminedEnsemble(submitted, again),))
    regimes = [] if submitted.regime is None else [submitted.regime]
    return mechanics_axis.items(examined, [*examined.asked(regimes), *examined.without_regime])


# --- reading ---


def test_cards_of_the_documentation_are_cards():
    texts = [part.split("```")[0] for part in DOCS.read_text(encoding="utf-8").split("```toml\n")[1:]]
    cards = [parse_card(text) for text in texts]
    assert [len(card.ensembles) for card in cards] == [1, 1]
    assert cards[1].ensembles[0].system == "kob-andersen"
    assert cards[1].conformance == "cases"


def test_configurations_alone_are_recomputed(mixture, tmp_path):
    write_mixture(tmp_path / "glasses", mixture)
    card = glass_card('chain = "one file one chain"')
    (submitted,) = read_run(tmp_path, card)
    assert (submitted.samples, submitted.has_spectra, submitted.regime) == (2, False, None)
    again = recompute(submitted)
    assert again.exists
    assert again.structure["residual_force"].max() < 1e-8
    assert again.structure["density"] == pytest.approx(1.2, rel=1e-12)
    dataset = enriched(submitted, again).dataset
    assert dataset["chain"].values.tolist() == [0, 1]
    assert np.isfinite(dataset["inherent_structure_energy"].values).all()


def test_the_more_frequent_species_is_a_whatever_its_name(mixture, tmp_path):
    energies = []
    for names in (("A", "B"), ("small", "large"), ("2", "1")):
        write_mixture(tmp_path / names[0] / "glasses", mixture, names)
        (submitted,) = read_run(tmp_path / names[0], glass_card())
        energies.append(recompute(submitted).structure["inherent_structure_energy"].tolist())
    assert energies[0] == energies[1] == energies[2]


def test_what_is_stated_is_held_against_the_configurations(mixture, tmp_path):
    write_mixture(tmp_path / "glasses", mixture)
    right = recompute(read_run(tmp_path, glass_card())[0]).structure["inherent_structure_energy"]
    for factor, outcome in ((1.0, "met"), (1.01, "not met")):
        np.save(tmp_path / "energies.npy", factor * right)
        card = glass_card('variables = { inherent_structure_energy = "energies.npy" }')
        (submitted,) = read_run(tmp_path, card)
        again = recompute(submitted)
        others = mechanics_items(card, enriched(submitted, again), again)
        found = {item.name: item for item in others}
        assert found["energies"].outcome == outcome
        assert found["force balance"].outcome == found["density and composition"].outcome == "met"
        assert found["lowest frequencies"].outcome == found["sum rule"].outcome == "missing"


def test_statements_without_configurations_earn_nothing(tmp_path):
    (tmp_path / "glasses").mkdir()
    np.save(tmp_path / "glasses" / "omega.npy", np.sort(1.0 + np.random.default_rng(0).random((3, 20)), axis=1))
    (tmp_path / "force.txt").write_text("1e-12\n1e-12\n1e-12\n")
    card = glass_card('variables = { residual_force = "force.txt" }')
    (submitted,) = read_run(tmp_path, card)
    others = mechanics_items(card, submitted, recompute(submitted))
    assert {item.name: item.outcome for item in others}["force balance"] == "undecided"


def test_as_many_configurations_as_spectra(mixture, tmp_path):
    write_mixture(tmp_path / "glasses", mixture)
    np.save(tmp_path / "glasses" / "omega.npy", np.sort(np.random.default_rng(0).random((3, 20)), axis=1))
    with pytest.raises(ForeignInputError, match="numbers of spectra and configurations"):
        read_run(tmp_path, glass_card())


@pytest.mark.parametrize(
    ("more", "text", "error", "message"),
    [
        ("variables = { presure = 'p.txt' }", "1\n2\n", CardError, "did you mean .pressure."),
        ("variables = { pressure = 'p.txt' }", "1\n2\n3\n", ForeignInputError, "one number a sample"),
        ("variables = { pressure = 'p.txt' }", "1\nnan\n", ForeignInputError, "finite"),
        ("variables = { pressure = 'q.txt' }", "1\n2\n", ForeignInputError, "not in the run"),
        ("independent_chains = 5", "", ForeignInputError, "fewer samples than"),
        ("samples_made = 1", "", ForeignInputError, "more samples than were made"),
    ],
)
def test_what_contradicts_the_card_is_refused(tmp_path, more, text, error, message):
    (tmp_path / "glasses").mkdir()
    np.save(tmp_path / "glasses" / "omega.npy", np.sort(1.0 + np.random.default_rng(0).random((2, 20)), axis=1))
    (tmp_path / "p.txt").write_text(text)
    with pytest.raises(error, match=message):
        read_run(tmp_path, glass_card(more.replace("'", '"')))


@pytest.mark.parametrize(
    ("said", "labels"),
    [
        ("independent_chains = 2", [0, 0, 0, 1, 1, 1]),
        ("independent_chains = 3", [0, 0, 1, 1, 2, 2]),
        ("independent_chains = 6", [0, 1, 2, 3, 4, 5]),
        ('chain = "one file one chain"', [0, 1, 2, 3, 4, 5]),
        ("", None),
    ],
)
def test_samples_of_one_chain_are_told_apart_from_independent_ones(tmp_path, said, labels):
    (tmp_path / "glasses").mkdir()
    rows = np.sort(1.0 + np.random.default_rng(0).random((6, 20)), axis=1)
    np.save(tmp_path / "glasses" / "omega.npy", rows)
    (found,) = read_run(tmp_path, glass_card(said))
    assert (found.dataset["chain"].values.tolist() if "chain" in found.dataset else None) == labels


def test_frequencies_in_other_units_are_refused(tmp_path):
    (tmp_path / "glasses").mkdir()
    rows = np.sort(1.0 + np.random.default_rng(0).random((2, 20)), axis=1)
    frequency = xr.DataArray(rows, dims=("sample", "mode"), attrs={"units": "rad/ps"})
    xr.Dataset({"frequency": frequency}).to_netcdf(tmp_path / "glasses" / "omega.nc")
    with pytest.raises(ForeignInputError, match="not in reduced units"):
        read_run(tmp_path, glass_card())


def test_paths_lead_nowhere_else(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "data.txt").write_text("1\n")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "link").symlink_to(tmp_path / "inside")
    with pytest.raises(ForeignInputError, match="link"):
        place_in_run(tmp_path / "run", "link/data.txt")
    with pytest.raises(ForeignInputError, match="not in the run"):
        place_in_run(tmp_path / "run", "nothing")
    assert names_inside(tmp_path, [tmp_path / "inside" / "data.txt", tmp_path.parent]) == {"inside"}


def test_zero_modes_are_counted_and_left_out():
    card = glass_card().ensembles[0]
    rows = np.sort(1.0 + np.random.default_rng(0).random((3, 130)), axis=1)
    rows[:, :2] = [0.0, 1e-9]
    found = laid_out(xr.Dataset({"eigenfrequency": (("sample", "mode"), rows)}), card)
    assert found["zero_mode_count"].values.tolist() == [2, 2, 2]
    np.testing.assert_array_equal(found["full_eigenfrequency"].values, rows[:, 2:])
    np.testing.assert_array_equal(found["eigenfrequency"].values, rows[:, 2 : 2 + EDGE_MODES])
    np.testing.assert_array_equal(found["highest_eigenfrequency"].values, rows[:, -EDGE_MODES:])
    part = laid_out(xr.Dataset({"eigenfrequency": (("sample", "mode"), rows[:, 2:40])}), card)
    assert "full_eigenfrequency" not in part
    assert part["zero_mode_count"].values.tolist() == [0, 0, 0]
    with pytest.raises(ForeignInputError, match="number of modes"):
        laid_out(xr.Dataset({"eigenfrequency": (("sample", "mode"), np.ones((1, 131)))}), card)


def test_rows_with_more_zero_modes_are_shorter():
    rows = np.sort(1.0 + np.random.default_rng(0).random((2, 130)), axis=1)
    rows[0, :2] = 0.0
    rows[1, :4] = 0.0
    found = laid_out(xr.Dataset({"eigenfrequency": (("sample", "mode"), rows)}), glass_card().ensembles[0])
    assert found["zero_mode_count"].values.tolist() == [2, 4]
    assert np.isfinite(found["full_eigenfrequency"].values).sum(axis=1).tolist() == [128, 126]
    assert np.isfinite(found["highest_eigenfrequency"].values).all()


# --- mechanics of networks ---


@pytest.mark.parametrize(("factor", "outcome"), [(1.0, "met"), (1.001, "not met"), (2.0 * np.pi, "not met")])
def test_the_trace_of_equal_springs_is_even(tmp_path, factor, outcome):
    network = SpringNetwork.build(10, displacement=0.2, situation=3, seed=4)
    frequency = np.sqrt(np.clip(np.linalg.eigvalsh(network.laplacian().toarray()), 0.0, None))
    np.save(tmp_path / "omega.npy", factor * frequency[None])
    card = parse_card(
        'system = "spring-network"\ndimension = 2\nnodes = 100\ndisplacement = 0.2\nsituation = 3\n[code]\nname = "x"\n'
    )
    (submitted,) = read_run(tmp_path / "omega.npy", card)
    found = {item.name: item for item in mechanics_items(card, submitted, recompute(submitted))}
    assert found["sum rule"].outcome == outcome
    assert found["zero modes"].outcome == "met"


# --- conformance and provenance ---


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """Two cases, answered by their references, rounded as arithmetic does, where these are as asked."""
    folder = tmp_path_factory.mktemp("run") / "cases"
    cases = [load_case(name) for name in [case.name for case in load_cases()][:2]]
    export(folder, cases)
    for case in cases:
        for quantity, reference in case.references.items():
            if quantity != "hessian":
                np.save(
                    folder / case.name / f"{quantity}.npy", reference.value * (1.0 + 3e-16 * (quantity != "contacts"))
                )
    return folder, cases


def earned(folder):
    return sum(item.earned for item in conformance_items(folder)[0])


def test_every_quantity_of_every_case_is_asked_for(answered):
    folder, cases = answered
    items, notes = conformance_items(folder)
    nothing, _ = conformance_items(None)
    assert len(items) == len(nothing) == sum(len(case.references) for case in load_cases())
    assert sum(item.earned for item in nothing) == 0
    given = [item for item in items if item.outcome == "met"]
    assert len(given) == sum(quantity != "hessian" for case in cases for quantity in case.references)
    assert notes == [PRACTICE]


def test_no_answer_is_better_left_out(answered):
    folder, cases = answered
    whole = earned(folder)
    for case in cases:
        for quantity in read_answers(folder, case):
            file = folder / case.name / f"{quantity}.npy"
            content = file.read_bytes()
            file.unlink()
            assert earned(folder) <= whole
            np.save(file, np.asarray(case.references[quantity].value) * 1.5 + 1.0)
            assert earned(folder) <= whole
            file.write_bytes(content)


def test_a_stored_result_is_read_and_counts_for_nothing(answered, tmp_path):
    folder, _ = answered
    (tmp_path / "conformance.json").write_text(score_answers(folder, code_name="theirs").to_json())
    items, notes = conformance_items(tmp_path)
    assert notes == [SELF_REPORTED]
    assert {item.outcome for item in items} == {"missing"}
    assert sum(item.evidence.startswith("self-reported: matches") for item in items) == earned(folder) > 0
    for damage in ("[]", "{}", "not JSON", json.dumps({"schema_version": "1", "results": [{"case": 3}]})):
        (tmp_path / "conformance.json").write_text(damage)
        with pytest.raises(ForeignInputError, match="stored conformance result"):
            conformance_items(tmp_path)
    (tmp_path / "conformance.json").unlink()
    with pytest.raises(ForeignInputError, match="no answers"):
        conformance_items(tmp_path)


def test_provenance_is_what_the_card_says(tmp_path):
    (tmp_path / "in.txt").write_text("run 1\n")
    text = '[code]\nname = "theirs"\n[provenance]\ncreated = {}\ninput = "{}"\nconformance = "cases"\n'
    for created, file, count in (("2026-01-31", "in.txt", 3), ("2999-01-01", "in.txt", 2), ("'soon'", "out.txt", 1)):
        items = provenance_items(Examined(tmp_path, parse_card(text.format(created, file))))
        assert len(items) == 9
        assert sum(item.earned for item in items) == count
    nothing = Examined(tmp_path, parse_card('[provenance]\nconformance = "c"\n'))
    assert sum(item.earned for item in provenance_items(nothing)) == 0


@pytest.mark.parametrize("factor", [1e-9, 1e6, 1e200])
def test_frequencies_far_outside_of_any_window_are_refused(tmp_path, factor):
    np.save(tmp_path / "omega.npy", factor * np.linspace(0.1, 2.5, 36))
    (tmp_path / "card.toml").write_text(
        'system = "spring-network"\ndimension = 2\nnodes = 36\ndisplacement = 0.2\nsituation = 2\npath = "omega.npy"\n'
    )
    with pytest.raises(ForeignInputError, match="far outside of what these systems have"):
        read_run(tmp_path, parse_card((tmp_path / "card.toml").read_text()))


DIAMETERS = """
system = "soft-spheres"
dimension = 3
particles = 64
parent_temperature = 1.0
taper = 2
diameters = { 1 = 0.79, 2 = 1.1 }
"""


def test_diameters_by_type_on_a_card_have_no_regime():
    (ensemble,) = parse_card(DIAMETERS).ensembles
    assert regime_of(ensemble) is None
    assert "the card states other diameters" in why_none(ensemble)


def test_a_pooled_list_is_named(tmp_path):
    np.savetxt(tmp_path / "pooled.txt", np.sort(np.random.default_rng(0).random(3 * 192)))
    (tmp_path / "card.toml").write_text('system = "glass"\ndimension = 3\nparticles = 64\n')
    with pytest.raises(ForeignInputError, match="a pooled list of 3 samples"):
        read_run(tmp_path, parse_card((tmp_path / "card.toml").read_text()), others=[tmp_path / "card.toml"])


class TestConversion:
    """Folders of the command `score` are converted as they are."""

    @pytest.fixture
    def run(self, tmp_path):
        run = tmp_path / "run"
        for name in ("a", "b"):
            (run / name).mkdir(parents=True)
            modes = np.sort(np.random.default_rng(len(name)).random((30, 4)), axis=0)
            np.savetxt(run / name / "modes.txt", modes + (name == "b"))
        np.savetxt(run / "phonons.txt", np.ones(4))
        head = '[[ensemble]]\npath = "{}"\nsystem = "glass"\ndimension = 3\nparticles = {}\n'
        beside = '[ensemble.variables]\nfirst_phonon = "phonons.txt"\n'
        (run / "card.toml").write_text(head.format("a", 10) + beside + head.format("b", 11))
        return run

    def convert(self, path, output, **options):
        convert_run(path, output, None, trust_files=True, limits=DEFAULT_LIMITS, **options)
        return read(output)

    def test_one_of_several_ensembles(self, run, tmp_path):
        assert self.convert(run, tmp_path / "b.nc", ensemble="b")["eigenfrequency"].values.min() > 1.0
        archive = shutil.make_archive(str(tmp_path / "packed"), "gztar", tmp_path, "run")
        assert self.convert(Path(archive), tmp_path / "a.nc", ensemble="a").sizes["mode"] == 30
        with pytest.raises(CardError, match="--ensemble with one of: a, b"):
            self.convert(run, tmp_path / "c.nc")

    def test_files_named_by_the_card_are_no_spectra(self, run, tmp_path):
        text = 'system = "glass"\ndimension = 3\nparticles = 10\n[variables]\nfirst_phonon = "phonons.txt"\n'
        (run / "a" / "card.toml").write_text(text)
        np.savetxt(run / "a" / "phonons.txt", np.ones(4))
        assert self.convert(run / "a", tmp_path / "a.nc").sizes["sample"] == 4

    def test_reader_cards_and_folders_without_a_card(self, run, tmp_path):
        np.testing.assert_array_equal(
            self.convert(run / "a", tmp_path / "a.nc")["eigenfrequency"],
            self.convert(run, tmp_path / "same.nc", ensemble="a")["eigenfrequency"],
        )
        (run / "a" / "card.toml").write_text('quantity = "eigenvalue"\n')
        assert self.convert(run / "a", tmp_path / "squares.nc").attrs["source_quantity"] == "eigenvalue"
