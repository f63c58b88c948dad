"""Floors inside the rooms: what stands on what, so that whoever reads upwards meets nothing twice."""

import ast
import importlib
import re
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import bosonpeak
from bosonpeak.benchmark.conformance.simulation_code import _OWN_CODES
from bosonpeak.datasets.schema import KINDS, kind_specification
from bosonpeak.generators import nulls
from bosonpeak.generators.run.sample_generator import _OWN_GENERATORS, sample_generator
from bosonpeak.generators.sample_generators.theory import THEORIES, find_theory

PACKAGE = Path(bosonpeak.__file__).parent
ROOT = Path(__file__).resolve().parent.parent
MOST_MODULES = 16

# From the ground up. What stands on a floor imports from lower floors, and not from its own.
FLOORS = {
    "datasets": (
        ("errors", "array_types", "dataset_entry", "plain_text"),
        ("citation", "arguments", "periodic_box"),
        ("schema", "provenance", "documents", "sandbox"),
        ("storage", "unit_conversion", "subsets"),
        ("manifest", "download", "ensembles"),
        ("registry",),
        ("opening",),
        ("inspection", "combining", "publication", "adapters/files"),
        ("adapters/spectra",),
        ("adapters/matrices", "adapters/configurations"),
        ("adapters/decoding",),
        ("adapters",),
    ),
    "spectral_methods": (
        ("simd_rows", "ellpack", "block_lanczos", "frequency_windows", "kernel_polynomials", "operators", "debye_law"),
        ("block_matrix", "chebyshev_moments"),
        ("chebyshev_filter", "operator_spectra", "double_expansion"),
        ("edge_eigenpairs",),
    ),
    "generators": (
        ("random_streams",),
        ("particles", "networks", "nulls", "run"),
        ("minimisers", "media", "theories", "theories/heterogeneous_elasticity"),
        ("glasses",),
        ("harmonic_solids", "liquids", "materials"),
        ("sample_generators",),
        ("sample_generators/theory_grids",),
    ),
    "validators": (
        ("estimates", "displacement_fields"),
        ("spectra", "levels", "waves", "glasses", "comparisons"),
        ("power_laws", "vortices", "reduced_densities"),
        ("theories", "transport"),
    ),
    "plot": (
        ("figure", "fitting", "mode_picture", "claim_figures"),
        ("palette",),
        ("panel_axes",),
        ("drawing",),
        ("claimed_values",),
        ("densities", "exponents", "mode_statistics", "stored_mode", "structures", "currents"),
    ),
    "benchmark": (
        ("scorecards", "measures", "conformance", "planning"),
        ("cards", "figures", "report/words", "conformance/codes"),
        ("report",),
        ("submission", "judging", "figures/published"),
        ("scoring",),
        ("leaderboard",),
        ("vibration_track",),
        ("commands", "pytest_plugin"),
    ),
}
MAY_KNOW_XARRAY = ("harmonic_solids", "run", "sample_generators", "sample_generators/theory_grids")


def module_name(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(file): file for file in sorted(PACKAGE.rglob("*.py"))}


def room_of(module: str) -> str:
    return MODULES[module].relative_to(PACKAGE).parts[0]


def place_of(module: str) -> str:
    """The folder of a module below its room; a module that lies in the room itself is a place of its own."""
    folders = MODULES[module].relative_to(PACKAGE).parts[1:-1]
    return "/".join(folders) or MODULES[module].stem


def imported_names(module: str) -> set[str]:
    """Whatever a module imports, also inside functions and for types only."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def imported_modules(module: str) -> set[str]:
    names = imported_names(module)
    return {name if name in MODULES else name.rpartition(".")[0] for name in names} & set(MODULES) - {module}


# A folder's `__init__` names what lies in the folder, and is not a member of it.
MEMBERS = [module for module, file in MODULES.items() if file.name != "__init__.py"]


def circle(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_circle_among_files():
    assert not circle({module: imported_modules(module) for module in MEMBERS})


@pytest.mark.parametrize("room", FLOORS)
def test_no_circle_among_the_folders_of_a_room(room):
    graph: dict[str, set[str]] = {}
    for module in MEMBERS:
        if room_of(module) == room:
            used = {place_of(other) for other in imported_modules(module) if room_of(other) == room}
            graph.setdefault(place_of(module), set()).update(used - {place_of(module)})
    assert not circle(graph)


@pytest.mark.parametrize("room", FLOORS)
def test_every_folder_has_its_floor(room):
    places = {place_of(module) for module in MEMBERS if room_of(module) == room}
    assert places == {place for floor in FLOORS[room] for place in floor}


@pytest.mark.parametrize("room", FLOORS)
def test_imports_inside_a_room_run_down_its_floors(room):
    height = {place: number for number, floor in enumerate(FLOORS[room]) for place in floor}
    wrong = {
        f"{module} imports {other}"
        for module in MEMBERS
        if room_of(module) == room
        for other in imported_modules(module)
        if room_of(other) == room
        and place_of(other) != place_of(module)
        and not height[place_of(other)] < height[place_of(module)]
    }
    assert not wrong


@pytest.mark.parametrize("room", FLOORS)
def test_nobody_leaves_a_room_by_its_door_to_come_in_again(room):
    """The door loads names from everywhere in the room: an import through it hides which floor is meant."""
    assert not [
        module for module in MEMBERS if room_of(module) == room and f"bosonpeak.{room}" in imported_modules(module)
    ]


def test_of_the_generators_only_three_places_know_xarray():
    knowing = {
        module
        for module in MEMBERS
        if room_of(module) == "generators"
        and place_of(module) not in MAY_KNOW_XARRAY
        and any(name.partition(".")[0] == "xarray" for name in imported_names(module))
    }
    assert not knowing


def test_validators_import_of_datasets_at_module_level_only_what_arrays_need():
    """Storage and download are imported by the function that opens a name."""
    light = {f"bosonpeak.datasets.{name}" for name in ("errors", "array_types", "arguments", "periodic_box", "subsets")}
    found = set()
    for module in MEMBERS:
        if room_of(module) == "validators":
            body = ast.parse(MODULES[module].read_text(encoding="utf-8")).body
            found |= {node.module for node in body if isinstance(node, ast.ImportFrom)}
    assert {name for name in found if name.startswith("bosonpeak.datasets")} <= light


def test_every_folder_can_be_taken_in_at_a_glance():
    sizes = Counter(MODULES[module].parent.relative_to(PACKAGE).as_posix() for module in MEMBERS)
    assert not {folder: size for folder, size in sizes.items() if size > MOST_MODULES}


@pytest.mark.parametrize("stub", sorted(PACKAGE.rglob("*.pyi")), ids=lambda stub: stub.parent.name)
def test_no_folder_or_module_takes_the_place_of_a_public_name(stub):
    """Importing ``package.name`` sets the attribute ``name`` of the package, and would hide a function of that name."""
    below = {path.stem for path in stub.parent.iterdir() if path.is_dir() or path.suffix == ".py"}
    imports = [node for node in ast.parse(stub.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)]
    assert not below & {alias.name for node in imports if node.module for alias in node.names}


@pytest.mark.parametrize("name", _OWN_GENERATORS)
def test_every_generator_that_a_recipe_can_name_loads(name):
    assert sample_generator(name).name == name


@pytest.mark.parametrize("name", THEORIES)
def test_every_theory_that_a_recipe_can_name_loads(name):
    assert find_theory(name).labels


@pytest.mark.parametrize("name", _OWN_CODES)
def test_every_code_that_a_command_can_name_is_there(name):
    module, _, attribute = _OWN_CODES[name].partition(":")
    assert callable(getattr(importlib.import_module(module), attribute))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_that_a_dataset_can_be_of_loads(kind):
    assert kind_specification(kind).variables


def test_spectra_of_known_truth_are_found_where_they_were():
    assert {"PowerLaw", "power_law_spectra", "beta_ensemble_levels", "poisson_levels", "rescaled"} <= set(nulls.__all__)
    assert all(callable(getattr(nulls, name)) for name in nulls.__all__)


def test_what_contributors_are_told_to_look_at_exists():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = "|".join(FLOORS)
    reported = set(re.findall(rf"`((?:tests/)?(?:{rooms})/[\w/.-]+)`", text)) | set(
        re.findall(r"`(src/[\w/.-]+)`", text)
    )
    assert len(reported) > 30
    assert not [path for path in reported if "my_" not in path and not (ROOT / path).exists()]
