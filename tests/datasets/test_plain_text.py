"""Text from outside: on one line, in the order in which it is written, and no command to whoever reads a log."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.benchmark.commands.main import main
from bosonpeak.benchmark.commands.outputs import ProgressLine
from bosonpeak.datasets.errors import ForeignInputError, SchemaError
from bosonpeak.datasets.plain_text import one_line, printable

COMMANDS = ["::add-mask::secret", "::error file=a.py,line=1::no", "##[error]no", "##vso[task.setvariable variable=x]y"]
HIDING = [
    "\u202eevil",
    "\u2066x\u2069",
    "\u200ex",
    "\u061cx",
    "a\U000e0041b",
    "a\u200bb",
    "a\u2028b",
    "a\u00adb",
    "\ufeffx",
]


def commands_in(text):
    """What the runners of GitHub and Azure take for commands."""
    return [line for line in text.splitlines() if line.lstrip().startswith("::") or "##[" in line or "##vso[" in line]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("before", ["", "\n", "\r", "  ", "\x0b", "\x85", "\u2028", ":"])
def test_no_command_survives(command, before):
    for shown in (printable(f"text{before}\n{before}{command}"), one_line(before + command)):
        assert not commands_in(shown)


@pytest.mark.parametrize("text", HIDING)
def test_nothing_hides_or_turns_round(text):
    shown = printable(text)
    assert "\N{REPLACEMENT CHARACTER}" in shown
    assert not [character for character in shown if unicodedata.category(character) in ("Cf", "Cs", "Zl", "Zp")]


@settings(deadline=None)
@given(st.text(st.sampled_from(":#[vso]\n\r x\u202e\U000e0020")))
def test_whatever_is_put_together(text):
    assert not commands_in(printable(text))
    assert len(one_line(text).splitlines()) <= 1


@pytest.mark.parametrize("command", COMMANDS)
def test_errors_keep_foreign_text_on_its_line(command, capsys):
    hostile = f"x\n{command}\n  where: a lie"
    error = ForeignInputError("it failed", got=hostile, where=f"a\n\n{command}")
    assert str(error).splitlines()[0] == "it failed"
    assert len(str(error).splitlines()) == 3
    assert len(str(SchemaError("no", violations=[hostile, hostile])).splitlines()) == 3


def test_paths_of_a_card_are_said_on_one_line(capsys):
    with ProgressLine() as progress:
        progress.say("reading ensemble 1 of 1: a\n::error file=x::y\u202e")
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert not commands_in(printed)


def test_attributes_of_a_file_are_shown_on_one_line(make_modes, tmp_path, capsys):
    from bosonpeak.datasets import write

    path = tmp_path / "x.nc"
    write(make_modes().assign_attrs(title="a\n::add-mask::b", summary="##[error]x"), path)
    assert main(["datasets", "info", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "title: a : :add-mask: :b" in printed
    assert not commands_in(printed)
