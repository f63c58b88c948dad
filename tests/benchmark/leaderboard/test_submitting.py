"""Entry and recipe of a code for one pull request."""

import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.benchmark.leaderboard.entries import read_entries
from bosonpeak.benchmark.leaderboard.recipes import read_recipe
from bosonpeak.benchmark.leaderboard.submitting import submit_code
from bosonpeak.datasets.errors import ForeignInputError


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "checkout" / "examples").mkdir(parents=True)
    (tmp_path / "checkout" / "leaderboard" / "entries").mkdir(parents=True)
    (tmp_path / "mine.py").write_text("print('answers')\n")
    return tmp_path / "checkout"


def test_the_board_reads_what_was_written(checkout, capsys):
    script = str(checkout.parent / "mine.py")
    words = ["leaderboard", "submit", "my-code", "--script", script, "--imports", "my_code", "--seconds", "60"]
    assert main([*words, "--requirement", "my-code==1.2", "--repository", str(checkout)]) == 0
    assert len(capsys.readouterr().out.split()) == 3
    (entry,) = read_entries(checkout / "leaderboard" / "entries")
    recipe = read_recipe(checkout / "examples" / entry.recipe)
    assert (recipe.requirements, recipe.imports, recipe.seconds) == (("my-code==1.2",), "my_code", 60.0)
    assert (recipe.folder / recipe.script).read_text() == "print('answers')\n"


def test_nothing_is_replaced(checkout):
    submit_code(checkout, "my-code", checkout.parent / "mine.py", [], "my_code", 60.0)
    with pytest.raises(ForeignInputError, match="the folder exists"):
        submit_code(checkout, "my-code", checkout.parent / "mine.py", [], "my_code", 60.0)


@pytest.mark.parametrize("key", ["My Code", "../elsewhere", ".hidden"])
def test_names_that_the_board_refuses_leave_no_files(checkout, key):
    with pytest.raises(ForeignInputError):
        submit_code(checkout, key, checkout.parent / "mine.py", [], "my_code", 60.0)
    assert not list((checkout / "examples").iterdir())
    assert sorted(path.name for path in checkout.parent.iterdir()) == ["checkout", "mine.py"]


def test_other_places_and_missing_scripts_are_refused(checkout):
    with pytest.raises(ForeignInputError, match="not a checkout"):
        submit_code(checkout / "examples", "my-code", checkout.parent / "mine.py", [], "my_code", 60.0)
    with pytest.raises(ForeignInputError, match="script cannot be read"):
        submit_code(checkout, "my-code", checkout.parent / "absent.py", [], "my_code", 60.0)
    assert main(["leaderboard", "submit", "my-code", "--repository", str(checkout)]) == 2
