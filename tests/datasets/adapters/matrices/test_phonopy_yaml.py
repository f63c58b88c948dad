"""Files of phonopy are read line by line: aliases, tags and anchors of YAML are text, and are never expanded."""

import pytest

from bosonpeak.datasets.adapters.matrices.phonopy_yaml import read_phonopy_yaml
from bosonpeak.datasets.errors import ForeignInputError

# Nine to the eleventh power elements, if anything expanded them.
ALIASES = "a0: &a0 [1.0]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
ROW = "[ 1.0, 0.0, 0.0 ]"


@pytest.fixture
def read(tmp_path):
    def read(*, mass="28.0", shape="[ 1, 1 ]", row=ROW):
        text = f"phonopy:\n{ALIASES}supercell:\n  points:\n  - symbol: Si\n    mass: {mass}\n"
        text += f"force_constants:\n  shape: {shape}\n  elements:\n  - # (1, 1)\n" + f"  - {row}\n" * 3
        (tmp_path / "phonopy.yaml").write_text(text)
        return read_phonopy_yaml(tmp_path / "phonopy.yaml")

    return read


def test_unused_aliases_change_nothing(read):
    found = read()
    assert found.masses.tolist() == [28.0]
    assert found.values.tolist() == [[1.0, 0.0, 0.0]] * 3


@pytest.mark.parametrize(
    "given",
    [
        {"mass": "*a11"},
        {"mass": '!!python/object/apply:os.system ["true"]'},
        {"shape": "*a11"},
        {"shape": "[ *a11, *a11 ]"},
        {"row": "*a11"},
        {"row": "[ *a11 ]"},
        {"row": "[ *a11, *a11, *a11 ]"},
    ],
    ids=str,
)
def test_aliases_and_tags_are_refused_as_text(read, given):
    with pytest.raises(ForeignInputError):
        read(**given)
