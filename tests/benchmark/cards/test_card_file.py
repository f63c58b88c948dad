import pytest

from bosonpeak.benchmark.cards.card_file import LARGEST_CARD, parse_card, read_card
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
    (ensemble,) = card.ensembles
    assert (ensemble.lattice_size, ensemble.cell, card.code_name) == (60, "situation-2/delta-0.2", "theirs")
    assert card.recorded == {"NET-2": "supported"}
    assert ensemble.for_reader == {"quantity": "frequency", "units": "sqrt(t0/m)"}


def test_a_card_can_say_how_a_table_is_laid_out():
    card = parse_card(GOOD + 'columns = ["sample", "mode", "frequency"]\n')
    assert card.ensembles[0].for_reader["columns"] == ["sample", "mode", "frequency"]


def test_an_integer_displacement_is_a_number():
    assert parse_card(GOOD.replace("0.2", "0")).ensembles[0].cell == "situation-2/delta-0.0"


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
        ("situation = 2", "situation = 2\nsamples_made = 0", "samples_made = 0"),
        ("situation = 2", "situation = 2\nchain = 'each'", "chain = 'each'"),
        ("situation = 2", "situation = 2\npath = '../secret'", "no path inside the run"),
        ("situation = 2", "situation = 2\npath = '/etc/passwd'", "no path inside the run"),
        ("situation = 2", "situation = 2\nvariables = {energy = '../e.txt'}", "no path inside the run"),
        ("situation = 2", "situation = 2\n[provenance]\nlicense = 'MIT'", "did you mean 'licence'"),
        ("situation = 2", "situation = 2\n[provenance]\ninput = 'a\\\\b'", "no path inside the run"),
        ("situation = 2", "situation = 2\ntaper = 2", "unknown key 'taper'"),
    ],
)
def test_cards_that_cannot_be_used(old, new, message):
    with pytest.raises(CardError, match=message.replace("'", ".")):
        parse_card(GOOD.replace(old, new))


GLASS = """
[[ensemble]]
path = "glasses"
system = "kob-andersen"
dimension = 3
particles = 1000
parent_temperature = 0.6
truncation = "shifted"
samples_made = 24
chain = "one file one chain"
variables = { pressure = "pressures.txt" }
"""


def test_a_card_with_several_ensembles():
    card = parse_card(
        GLASS
        + "[[ensemble]]\npath = 'nets'\n"
        + GOOD
        + "[provenance]\ncreated = 2026-11-21\nseeds = 7\nconformance = 'cases'\n"
    )
    glass, network = card.ensembles
    assert (glass.system, glass.path, glass.samples_made, glass.units) == ("kob-andersen", "glasses", 24, "")
    assert glass.parameters["density"] == 1.2
    assert glass.parameters["cutoff"] == 2.5
    assert glass.degrees_of_freedom == 3000
    assert glass.for_reader["particles"] == 1000
    assert network.is_network
    assert (card.conformance, card.provenance) == ("cases", {"created": "2026-11-21", "seeds": "7"})


def test_a_card_of_conformance_alone():
    card = parse_card('[code]\nname = "theirs"\n[provenance]\nconformance = "cases"\n')
    assert (card.ensembles, card.conformance) == ((), "cases")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('truncation = "shifted"', "", "missing key 'truncation'"),
        ('"shifted"', '"cut"', "truncation = 'cut'"),
        ('"shifted"', '"tapered"', "taper belongs to"),
        ('"shifted"', '"shifted"\ntaper = 2', "taper belongs to"),
        ('"shifted"', '"tapered"\ntaper = 1.5', "taper = 1.5"),
        ("particles = 1000", "particles = 3", "particles = 3"),
        ("parent_temperature = 0.6", "parent_temperature = -1", "parent_temperature = -1"),
        ("parent_temperature = 0.6", "situation = 2", "unknown key 'situation'"),
        ("dimension = 3", "dimension = 4", "dimension = 4"),
        ('chain = "one', 'independent_chains = 3\nchain = "one', "say the same twice"),
    ],
)
def test_cards_of_glasses_that_cannot_be_used(old, new, message):
    with pytest.raises(CardError, match=message.replace("'", ".")):
        parse_card(GLASS.replace(old, new))


def test_two_ensembles_of_one_regime_are_refused():
    with pytest.raises(CardError, match="put them in one folder"):
        parse_card(GLASS + GLASS.replace('"glasses"', '"more"'))
    with pytest.raises(CardError, match="put them in one folder"):
        parse_card("[[ensemble]]\n" + GOOD + "[[ensemble]]\n" + GOOD.replace("3600", "900"))
    with pytest.raises(CardError, match="path of its own"):
        parse_card(GLASS + GLASS.replace("parent_temperature = 0.6", "parent_temperature = 0.7"))
    with pytest.raises(CardError, match="beside"):
        parse_card("nodes = 9\n" + GLASS)


def test_soft_spheres_take_infinity_by_name():
    text = 'system = "soft-spheres"\ndimension = 3\nparticles = 1000\nparent_temperature = 0.2\ntaper = "inf"\n'
    (ensemble,) = parse_card(text).ensembles
    assert ensemble.parameters["taper"] == float("inf")
    assert ensemble.parameters["density"] == 1.0


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
