"""Rules of the house: who may import whom, which names are public, what lies at the top level."""

import ast
import builtins
import doctest
import importlib
import inspect
import itertools
import re
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path
from types import ModuleType

import pytest

import bosonpeak

PACKAGE = Path(bosonpeak.__file__).parent
ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("datasets", "generators", "validators", "plot", "benchmark")
NUMERICS = "spectral_methods"
ALLOWED = {
    "datasets": {"datasets"},
    NUMERICS: {"datasets", NUMERICS},
    "generators": {"datasets", NUMERICS, "generators"},
    "validators": {"datasets", NUMERICS, "validators"},
    "plot": {"datasets", NUMERICS, "validators", "plot"},
    "benchmark": {*ROOMS, NUMERICS},
}

PUBLIC = {
    "bosonpeak.datasets": {
        "adapters",
        "combine",
        "combine_ensembles",
        "convert",
        "describe",
        "fetch",
        "list_datasets",
        "open_dataset",
        "provenance",
        "read",
        "read_configurations",
        "read_frequencies",
        "registry",
        "schema",
        "select_subset",
        "storage",
        "to_physical_units",
        "validate",
        "write",
    },
    "bosonpeak.datasets.adapters": {
        "FolderContents",
        "read_configuration_dataset",
        "read_density_of_states",
        "read_folder",
        "unpacked",
    },
    "bosonpeak.datasets.storage": {
        "content_digest",
        "file_sha256",
        "pack_ragged",
        "unpack_ragged",
        "write_bytes",
    },
    "bosonpeak.datasets.provenance": {
        "provenance_attributes",
    },
    "bosonpeak.datasets.registry": {
        "DatasetEntry",
        "fetch_all",
        "info",
        "released_datasets",
    },
    "bosonpeak.datasets.schema": {
        "KINDS",
        "with_labels",
    },
    "bosonpeak.generators": {
        "Configuration",
        "Harmonic",
        "InversePower",
        "LennardJones",
        "PairTerms",
        "SpringNetwork",
        "TabulatedPotential",
        "elastic_moduli",
        "generate_ensemble",
        "glass_normal_modes",
        "glasses",
        "hessian",
        "heterogeneous_elasticity",
        "kernel_polynomial_dos",
        "liquids",
        "load_recipe",
        "recipe",
        "media",
        "minimise",
        "networks",
        "normal_modes",
        "nulls",
        "pair_stresses",
        "quasi_equilibrium",
        "random_configuration",
        "run",
        "swap_monte_carlo",
        "theories",
        "vibrations",
    },
    "bosonpeak.generators.glasses": {
        "ProjectedHessian",
    },
    "bosonpeak.generators.liquids": {
        "relaxation_run",
        "relaxation_time",
    },
    "bosonpeak.generators.media": {
        "ElasticMedium",
        "bloch_spectrum",
        "correlated_medium",
        "modulated_medium",
    },
    "bosonpeak.generators.networks": {
        "connected_component_labels",
        "count_below",
        "effective_stiffness",
        "nine_node_toy",
        "on_node_response",
    },
    "bosonpeak.generators.nulls": {
        "PowerLaw",
        "beta_ensemble_levels",
        "breathing_patch",
        "correlated_power_law_spectra",
        "degenerate_waves",
        "gaussian_fields",
        "point_vortices",
        "poisson_levels",
        "power_law_spectra",
        "rescaled",
        "rotating_patch",
        "white_fields",
    },
    "bosonpeak.generators.run": {
        "available_recipes",
    },
    "bosonpeak.generators.theories": {
        "critical_disorder",
        "generalised_heterogeneous_elasticity",
        "heterogeneous_elasticity_boson_peak",
        "level_density",
        "pair_stress_law",
        "spectral_gap",
    },
    "bosonpeak.validators": {
        "Estimate",
        "boson_peak",
        "compare_ensembles",
        "comparisons",
        "density_of_states",
        "diffusivity",
        "displacement_fields",
        "dynamic_structure_factor",
        "estimates",
        "excess",
        "exponent",
        "exponent_lower_bound",
        "glasses",
        "level_statistics",
        "levels",
        "limit_exponent",
        "limit_exponent_families",
        "local_exponent",
        "participation_ratio",
        "power_laws",
        "reduced_densities",
        "spectra",
        "theories",
        "transport",
        "vortex_census",
        "vortices",
        "wave_contrast",
        "waves",
    },
    "bosonpeak.validators.comparisons": {
        "Comparison",
        "missing_tail",
        "repeated_samples",
    },
    "bosonpeak.validators.displacement_fields": {
        "helmholtz_decomposition",
        "local_strains",
    },
    "bosonpeak.validators.estimates": {
        "jackknife_interval",
        "mean_interval",
    },
    "bosonpeak.validators.glasses": {
        "Equilibration",
        "arrest_temperature",
        "disorder_ratio",
        "equilibration",
        "local_disorder",
        "mechanics",
        "mechanics_of_sample",
        "pair_stress_tensors",
        "particle_coordination",
        "swap_speed_up",
        "unsound",
    },
    "bosonpeak.validators.levels": {
        "coordination_weight",
        "count_dispersion",
        "count_dispersion_growth",
        "goe_reference",
        "local_weight",
        "localisation",
        "localisation_scaling",
        "localised_share",
        "low_ratio_distribution",
        "mean_participation",
        "participation_scaling",
        "ratio_distribution",
        "repulsion_below_phonon",
    },
    "bosonpeak.validators.power_laws": {
        "exponent_difference",
        "exponent_drift",
        "exponent_size_effect",
        "intensity_over_small_stresses",
        "limit_exponent_difference",
        "limit_stress_relation",
        "log_likelihood_ratio",
        "lowest_mode_exponent",
        "lowest_mode_scaling",
        "lowest_mode_shape",
        "minimum_share",
        "modes_needed",
        "modes_per_sample",
        "modes_to_separate",
        "pair_stress_exponent",
        "paired_exponent_difference",
        "reduced_cumulative_count",
        "share_of_soft_modes",
        "stress_density",
        "stress_distribution",
        "stress_exponent",
    },
    "bosonpeak.validators.reduced_densities": {
        "excess_participation",
        "peak_over_debye",
        "peak_scaling",
    },
    "bosonpeak.validators.spectra": {
        "coordination_distribution",
        "crossover_line",
        "cumulative_count",
        "debye_density",
        "distinct_poles",
        "excess_peak",
        "histogram_density",
        "modes_in_window",
        "phonon_shells",
        "pole_change",
        "reduced_density",
        "resolved_below",
        "sampled_crossover",
        "sampled_density",
        "shells_resolved_below",
        "sound_speed2",
        "square_lattice_density",
        "squared_speed",
        "van_hove_peak",
        "zero_mode_surplus",
    },
    "bosonpeak.validators.theories": {
        "amplitude_on_softness",
        "crystal_ratio",
        "debye_deviation",
        "density_over_distance",
        "edge_exponent",
        "edge_place",
        "edge_range",
        "energy_on_softness",
        "equation_5_in_medium",
        "equation_5_slope",
        "equation_line",
        "equilibrium_energy_on_softness",
        "excess_over_waves",
        "gap_filling",
        "gradient_coefficient",
        "loss_below_edge",
        "lost_fraction",
        "low_frequency_exponent",
        "medium_exponent",
        "medium_peak",
        "medium_reduced_density",
        "modulus_correlation",
        "peak_exponent",
        "peak_feature",
        "predicted_exponent",
        "prediction_error",
        "rayleigh_range",
        "reduced_curves",
        "sampled_line",
        "smearing_range_error",
        "smearing_weight_error",
        "stable_coupling",
        "step_position",
        "stress_exponent_of_theory",
        "tensor_exponent",
        "theory_band_dispersion",
        "unshifted_weight",
    },
    "bosonpeak.validators.transport": {
        "diffusivity_edge_share",
        "diffusivity_ratio",
        "diffusivity_slope",
    },
    "bosonpeak.validators.vortices": {
        "enstrophy_extent",
        "judged_modes",
        "particle_stresses",
        "stress_correlations",
        "stress_vorticity",
        "vortex_cores",
        "vorticity",
        "vorticity_of_ensemble",
    },
    "bosonpeak.validators.waves": {
        "current_correlation",
        "ensemble_wave_overlap",
        "first_shell_splitting",
        "ioffe_regel",
        "judged_overlap",
        "mean_wave_share",
        "orthonormal_waves",
        "overlap_with_waves",
        "sound_dispersion",
        "splitting_estimates",
        "superposed_fraction",
    },
    "bosonpeak.plot": {
        "claim",
        "coordination",
        "cumulative_count",
        "current_correlation",
        "density",
        "dynamic_structure_factor",
        "forest",
        "level_spacings",
        "local_exponent",
        "mode",
        "mode_figure",
        "participation",
        "published",
        "reduced_density",
        "stresses",
    },
    "bosonpeak.benchmark": {
        "cards",
        "conformance",
        "figures",
        "judging",
        "load_claims",
        "score",
        "scorecards",
        "verify",
    },
    "bosonpeak.benchmark.cards": {
        "read_card",
    },
    "bosonpeak.benchmark.conformance": {
        "SimulationCode",
        "score_answers",
        "score_code",
    },
    "bosonpeak.benchmark.figures": {
        "mode_figure",
    },
    "bosonpeak.benchmark.judging": {
        "Claim",
        "judge",
    },
    "bosonpeak.benchmark.scorecards": {
        "Scorecard",
    },
}
STUBS = [name for name in PUBLIC if PACKAGE.parent.joinpath(*name.split("."), "__init__.pyi").is_file()]
"""Packages whose names load on first use; names of the others are in `__all__` of a module."""


def imported_rooms(source: Path) -> set[str]:
    """Rooms that a module imports anywhere, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}: relative imports hide which room is meant"
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "bosonpeak" else [node.module]
            )
        found |= {
            parts[1] for parts in (name.split(".") for name in names) if parts[0] == "bosonpeak" and len(parts) > 1
        }
    return found & set(ALLOWED)


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_run_down_the_house_only(room):
    wrong = {
        str(source.relative_to(PACKAGE)): sorted(imported_rooms(source) - ALLOWED[room])
        for source in (PACKAGE / room).rglob("*.py")
        if imported_rooms(source) - ALLOWED[room]
    }
    assert not wrong


def test_arrays_by_what_they_hold_are_named_once():
    named = re.findall(r"= (NDArray\[.+\])", (PACKAGE / "datasets" / "array_types.py").read_text(encoding="utf-8"))
    again = re.compile(rf"^\w+ = (?:{'|'.join(map(re.escape, named))})$", re.MULTILINE)
    assert len(named) == 5
    assert [path.name for path in PACKAGE.rglob("*.py") if again.search(path.read_text(encoding="utf-8"))] == [
        "array_types.py"
    ]


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names_are_frozen(module):
    loaded = importlib.import_module(module)
    assert set(loaded.__all__) == PUBLIC[module]
    assert all(getattr(loaded, name) is not None for name in PUBLIC[module])
    assert module not in STUBS or set(dir(loaded)) == PUBLIC[module]


@pytest.mark.parametrize("room", ROOMS)
def test_names_of_a_topic_load_from_the_room_with_a_warning(room):
    package = importlib.import_module(f"bosonpeak.{room}")
    below = f"bosonpeak.{room}."
    moved = {name: topic for topic, names in PUBLIC.items() if topic.startswith(below) for name in names}
    for name, topic in moved.items():
        with pytest.warns(DeprecationWarning, match=f"bosonpeak.{room}.{name} is now {topic}.{name}"):
            assert getattr(package, name) is getattr(importlib.import_module(topic), name)
        assert name not in dir(package)


@pytest.mark.parametrize("module", STUBS)
def test_type_checkers_and_editors_see_the_public_names(module):
    """In a stub only ``import name as name`` hands a name on; the stub lies, and ships, with the package."""
    stub = resources.files(module).joinpath("__init__.pyi").read_text(encoding="ascii")
    imports = [node for node in ast.parse(stub).body if isinstance(node, ast.ImportFrom)]
    names = [(alias.name, alias.asname) for node in imports for alias in node.names]
    assert sorted(names) == sorted((name, name) for name in PUBLIC[module])


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names_are_documented(module):
    loaded = importlib.import_module(module)
    assert not [name for name in loaded.__all__ if not getattr(loaded, name).__doc__]


def homes(module: str) -> dict[str, ModuleType]:
    """Module of each public function, class and value of a package; its topics are left out."""
    loaded = importlib.import_module(module)
    found = {name: getattr(loaded, name) for name in loaded.__all__}
    return {name: inspect.getmodule(each) or loaded for name, each in found.items() if not inspect.ismodule(each)}


def words_below(home: ModuleType, name: str) -> str:
    """The text that stands below the assignment of a name, which is where data are described."""
    body = ast.parse(inspect.getsource(home)).body
    after = [
        below
        for assigned, below in itertools.pairwise(body)
        if isinstance(assigned, ast.Assign) and ast.unparse(assigned.targets[0]) == name
    ]
    return after[0].value.value


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names_have_examples_that_are_run(module):
    """Those of functions and classes are collected by ``--doctest-modules``, those of data are run here."""
    without = []
    for name, home in homes(module).items():
        public = getattr(home, name)
        if callable(public):
            said = inspect.getdoc(public)
            collected = {test.name for test in doctest.DocTestFinder().find(home) if test.examples}
            is_run = f"{home.__name__}.{name}" in collected
        else:
            said = words_below(home, name)
            test = doctest.DocTestParser().get_doctest(said, dict(vars(home)), name, home.__file__, 0)
            is_run = bool(test.examples) and not doctest.DocTestRunner().run(test).failed
        if "\nExamples\n--------\n" not in said or not is_run:
            without.append(name)
    assert not without


@pytest.mark.parametrize("module", PUBLIC)
def test_examples_import_what_they_use(module):
    """They are run inside their module; a reader has its public name alone."""
    unknown = {}
    for name, home in homes(module).items():
        public = getattr(home, name)
        examples = doctest.DocTestParser().get_examples(public.__doc__) if callable(public) else []
        nodes = list(ast.walk(ast.parse("".join(example.source for example in examples))))
        named = [node for node in nodes if isinstance(node, ast.Name)]
        known = {node.id for node in named if isinstance(node.ctx, ast.Store)} | {name, *dir(builtins)}
        known |= {node.asname or node.name for node in nodes if isinstance(node, ast.alias)}
        known |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        known |= {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler))}
        unknown[name] = {node.id for node in named} - known
    assert not {name for name, names in unknown.items() if names}


@pytest.mark.parametrize("module", STUBS)
def test_unknown_names_are_refused(module):
    with pytest.raises(AttributeError, match=f"No {module} attribute no_such_name"):
        _ = importlib.import_module(module).no_such_name


@pytest.mark.parametrize("room", ALLOWED)
def test_the_rooms_are_doors_at_the_top_level(room):
    door = ROOT / room
    assert door.is_symlink()
    assert door.readlink() == Path("src/bosonpeak") / room


def test_version_is_in_the_changelog_and_the_citation():
    assert f"## {bosonpeak.__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"version: {bosonpeak.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_importing_the_package_does_no_work():
    code = "import sys, bosonpeak; print(*[m for m in ('numpy', 'xarray', 'numba', 'matplotlib') if m in sys.modules])"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == ""


def test_the_front_door_leads_to_the_rooms():
    assert bosonpeak.open is bosonpeak.datasets.open_dataset
    assert bosonpeak.combine is bosonpeak.datasets.combine
    assert bosonpeak.verify is bosonpeak.benchmark.verify
    assert bosonpeak.score is bosonpeak.benchmark.score
    assert bosonpeak.vibrations is bosonpeak.generators.vibrations
    assert bosonpeak.boson_peak is bosonpeak.validators.boson_peak
    for observable in ("density_of_states", "dynamic_structure_factor", "diffusivity"):
        assert getattr(bosonpeak, observable) is getattr(bosonpeak.validators, observable)
    assert {"open", "verify", "score", "vibrations", "boson_peak", *ROOMS} <= set(dir(bosonpeak))
    with pytest.raises(AttributeError, match="No bosonpeak attribute no_such_name"):
        _ = bosonpeak.no_such_name


def test_the_package_runs_as_a_program():
    command = [sys.executable, "-m", "bosonpeak", "--version"]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert finished.stdout == f"bosonpeak {bosonpeak.__version__}\n"


def test_console_command_and_plugin_point_at_code_that_exists():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    targets = [project["scripts"]["bosonpeak"], project["entry-points"]["pytest11"]["bosonpeak"]]
    for target in targets:
        module, _, name = target.partition(":")
        loaded = importlib.import_module(module)
        assert not name or callable(getattr(loaded, name))
