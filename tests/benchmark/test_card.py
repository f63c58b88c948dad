import pytest

from bosonpeak.benchmark.card import LARGEST_CARD, parse_card, read_card
from bosonpeak.datasets.errors import CardError

GOOD = """
system = "spring-network"
dimension = 2
nodes = 3600
displacement = 0.2
situation = 2
"""


def test_a_good_card():
    card = parse_card(GOOD + '[code]\nname = "theirs"\nversion = "7"\n[recorded]\nNET-2 = "supported"\n')
    assert (card.lattice_size, card.cell, card.code_name) == (60, "situation-2/delta-0.2", "theirs")
    assert card.recorded == {"NET-2": "supported"}
    assert card.for_reader == {"quantity": "frequency", "units": "sqrt(t0/m)"}


def test_a_card_can_say_how_a_table_is_laid_out():
    card = parse_card(GOOD + 'columns = ["sample", "mode", "frequency"]\n')
    assert card.for_reader["columns"] == ["sample", "mode", "frequency"]


def test_an_integer_displacement_is_a_number():
    assert parse_card(GOOD.replace("0.2", "0")).cell == "situation-2/delta-0.0"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("situation = 2", "situaton = 2", "did you mean 'situation'"),
        ("situation = 2", "situation = 7", "situation = 7"),
        ("situation = 2", "situation = true", "not of type int"),
        ("nodes = 3600", "nodes = 3601", "not the square"),
        ("nodes = 3600", "", "missing key 'nodes'"),
        ("dimension = 2", "dimension = 3", "dimension = 3"),
        ("displacement = 0.2", "displacement = nan", "displacement = nan"),
        ('"spring-network"', '"glass"', "system = 'glass'"),
        ("situation = 2", 'situation = 2\nquantity = "period"', "quantity = 'period'"),
        ("situation = 2", 'situation = 2\nunits = "THz"', "units = 'THz'"),
        ("situation = 2", "situation = 2\ncolumns = 3", "columns is neither"),
        ("situation = 2", "situation = 2\n[recorded]\nNET-1 = 'yes'", "is no verdict"),
        ("situation = 2", "situation = 2\n[code]\nauthor = 'me'", "unknown key code.author"),
        ("situation = 2", "situation = ", "not valid TOML"),
    ],
)
def test_cards_that_cannot_be_used(old, new, message):
    with pytest.raises(CardError, match=message.replace("'", ".")):
        parse_card(GOOD.replace(old, new))


def test_every_problem_is_named_at_once():
    with pytest.raises(CardError) as caught:
        parse_card('system = "spring-network"\nnode = 9\ndimension = "2"\n')
    assert all(word in str(caught.value) for word in ("'node'", "dimension", "displacement", "situation"))


def test_files_that_are_no_cards(tmp_path):
    with pytest.raises(CardError, match="cannot be read"):
        read_card(tmp_path / "missing.toml")
    big = tmp_path / "big.toml"
    big.write_bytes(b"#" * (LARGEST_CARD + 1))
    with pytest.raises(CardError, match="too large"):
        read_card(big)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CardError, match="cannot be read"):
        read_card(binary)
