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
ROOMS = ("datasets", "generators", "validators", "benchmark")
NUMERICS = "spectral_methods"
ALLOWED = {
    "datasets": {"datasets"},
    NUMERICS: {"datasets", NUMERICS},
    "generators": {"datasets", NUMERICS, "generators"},
    "validators": {"datasets", NUMERICS, "validators"},
    "benchmark": {*ROOMS, NUMERICS},
}

PUBLIC = {
    "bosonpeak.datasets": {
        "DatasetEntry",
        "FolderContents",
        "KINDS",
        "combine_ensembles",
        "content_digest",
        "convert",
        "describe",
        "fetch",
        "fetch_all",
        "file_sha256",
        "info",
        "list_datasets",
        "open_dataset",
        "pack_ragged",
        "provenance_attributes",
        "read",
        "read_configuration_dataset",
        "read_configurations",
        "read_folder",
        "read_frequencies",
        "released_datasets",
        "to_physical_units",
        "unpack_ragged",
        "unpacked",
        "validate",
        "write",
        "write_bytes",
    },
    "bosonpeak.generators": {
        "ElasticMedium",
        "Harmonic",
        "InversePower",
        "LennardJones",
        "ProjectedHessian",
        "SpringNetwork",
        "available_recipes",
        "bloch_spectrum",
        "breathing_patch",
        "connected_component_labels",
        "count_below",
        "critical_disorder",
        "degenerate_waves",
        "effective_stiffness",
        "elastic_moduli",
        "gaussian_fields",
        "generalised_heterogeneous_elasticity",
        "generate_ensemble",
        "glass_normal_modes",
        "hessian",
        "heterogeneous_elasticity",
        "heterogeneous_elasticity_boson_peak",
        "kernel_polynomial_dos",
        "load_recipe",
        "minimise",
        "modulated_medium",
        "nine_node_toy",
        "normal_modes",
        "on_node_response",
        "pair_stress_law",
        "pair_stresses",
        "point_vortices",
        "quasi_equilibrium",
        "random_configuration",
        "relaxation_run",
        "relaxation_time",
        "rotating_patch",
        "spectral_gap",
        "swap_monte_carlo",
        "white_fields",
    },
    "bosonpeak.benchmark": {
        "Claim",
        "Scorecard",
        "SimulationCode",
        "judge",
        "load_claims",
        "mode_figure",
        "read_card",
        "score",
        "score_answers",
        "score_code",
        "verify",
    },
    "bosonpeak.validators": {
        "Comparison",
        "Equilibration",
        "Estimate",
        "arrest_temperature",
        "compare_ensembles",
        "coordination_distribution",
        "coordination_weight",
        "count_dispersion",
        "count_dispersion_growth",
        "crossover_line",
        "cumulative_count",
        "current_correlation",
        "debye_density",
        "distinct_poles",
        "ensemble_wave_overlap",
        "enstrophy_extent",
        "equilibration",
        "excess",
        "excess_peak",
        "exponent",
        "exponent_drift",
        "exponent_lower_bound",
        "exponent_size_effect",
        "first_shell_splitting",
        "goe_reference",
        "helmholtz_decomposition",
        "histogram_density",
        "ioffe_regel",
        "jackknife_interval",
        "judged_modes",
        "judged_overlap",
        "level_statistics",
        "limit_exponent",
        "limit_exponent_families",
        "local_exponent",
        "local_strains",
        "local_weight",
        "localisation",
        "localisation_scaling",
        "low_ratio_distribution",
        "lowest_mode_exponent",
        "lowest_mode_scaling",
        "lowest_mode_shape",
        "mean_interval",
        "mean_participation",
        "mean_wave_share",
        "mechanics",
        "mechanics_of_sample",
        "missing_tail",
        "modes_in_window",
        "modes_to_separate",
        "orthonormal_waves",
        "overlap_with_waves",
        "paired_exponent_difference",
        "participation_ratio",
        "participation_scaling",
        "particle_stresses",
        "phonon_shells",
        "pole_change",
        "ratio_distribution",
        "reduced_cumulative_count",
        "reduced_density",
        "repeated_samples",
        "repulsion_below_phonon",
        "resolved_below",
        "sampled_crossover",
        "sampled_density",
        "shells_resolved_below",
        "sound_dispersion",
        "sound_speed2",
        "splitting_estimates",
        "square_lattice_density",
        "squared_speed",
        "stress_correlations",
        "stress_density",
        "stress_distribution",
        "stress_vorticity",
        "superposed_fraction",
        "swap_speed_up",
        "unsound",
        "van_hove_peak",
        "vortex_census",
        "vortex_cores",
        "vorticity",
        "vorticity_of_ensemble",
        "wave_contrast",
        "zero_mode_surplus",
    },
}


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
    assert set(dir(loaded)) == PUBLIC[module]


@pytest.mark.parametrize("module", PUBLIC)
def test_type_checkers_and_editors_see_the_public_names(module):
    """In a stub only ``import name as name`` hands a name on; the stub lies, and ships, with the package."""
    stub = resources.files(module).joinpath("__init__.pyi").read_text(encoding="ascii")
    imports = [node for node in ast.parse(stub).body if isinstance(node, ast.ImportFrom)]
    names = [(alias.name, alias.asname) for node in imports for alias in node.names]
    assert sorted(names) == sorted((name, name) for name in PUBLIC[module])


@pytest.mark.parametrize("room", ROOMS)
def test_public_names_are_documented(room):
    module = importlib.import_module(f"bosonpeak.{room}")
    undocumented = [
        name for name in module.__all__ if callable(getattr(module, name)) and not getattr(module, name).__doc__
    ]
    assert not undocumented


def homes(room: str) -> dict[str, ModuleType]:
    """The module that each public name of a room comes from, as the room's stub says."""
    door = f"bosonpeak.{room}"
    stub = resources.files(door).joinpath("__init__.pyi").read_text(encoding="ascii")
    imports = [node for node in ast.parse(stub).body if isinstance(node, ast.ImportFrom)]
    return {
        alias.name: importlib.import_module("." * node.level + node.module, door)
        for node in imports
        for alias in node.names
    }


def words_below(home: ModuleType, name: str) -> str:
    """The text that stands below the assignment of a name, which is where data are described."""
    body = ast.parse(inspect.getsource(home)).body
    after = [
        below
        for assigned, below in itertools.pairwise(body)
        if isinstance(assigned, ast.Assign) and ast.unparse(assigned.targets[0]) == name
    ]
    return after[0].value.value


@pytest.mark.parametrize("room", ROOMS)
def test_public_names_have_examples_that_are_run(room):
    """Those of functions and classes are collected by ``--doctest-modules``, those of data are run here."""
    without = []
    for name, home in homes(room).items():
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


@pytest.mark.parametrize("room", ROOMS)
def test_examples_import_what_they_use(room):
    """They are run inside their module; a reader has its public name alone."""
    unknown = {}
    for name, home in homes(room).items():
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


@pytest.mark.parametrize("room", ROOMS)
def test_unknown_names_are_refused(room):
    module = importlib.import_module(f"bosonpeak.{room}")
    with pytest.raises(AttributeError, match=f"No bosonpeak.{room} attribute no_such_name"):
        _ = module.no_such_name


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
    assert bosonpeak.verify is bosonpeak.benchmark.verify
    assert bosonpeak.score is bosonpeak.benchmark.score
    assert {"open", "verify", "score", *ROOMS} <= set(dir(bosonpeak))
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
