import numpy as np
import pytest

from bosonpeak.benchmark.cards.card_file import LARGEST_CARD, MOST_ENSEMBLES, parse_card, read_card, read_reader_part
from bosonpeak.benchmark.commands.main import main
from bosonpeak.datasets import open_dataset
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
    assert card.code_version == "7"
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
        ('"spring-network"', '"crystal"', "system = 'crystal'"),
        ("situation = 2", 'situation = 2\nquantity = "period"', "quantity = 'period'"),
        ("situation = 2", 'situation = 2\nunits = "THz"', "units = 'THz'"),
        ("situation = 2", "situation = 2\ncolumns = 3", "columns: 3 is neither"),
        ("situation = 2", "situation = 2\n[recorded]\nNET-1 = 'yes'", "'yes' is neither a verdict nor"),
        ("situation = 2", "situation = 2\n[code]\nauthor = 'me'", "code: unknown key 'author'"),
        ("situation = 2", "situation = ", "not valid TOML"),
        ("situation = 2", "situation = 2\nsamples_made = 0", "samples_made = 0"),
        ("situation = 2", "situation = 2\nchain = 'each'", "chain = 'each'"),
        ("situation = 2", "situation = 2\npath = '../secret'", "not a path inside the run"),
        ("situation = 2", "situation = 2\npath = '/etc/passwd'", "not a path inside the run"),
        ("situation = 2", "situation = 2\nvariables = {energy = '../e.txt'}", "not a path inside the run"),
        ("situation = 2", "situation = 2\n[provenance]\nlicense = 'MIT'", "did you mean 'licence'"),
        ("situation = 2", "situation = 2\n[provenance]\ninput = 'a\\\\b'", "not a path inside the run"),
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
    assert (glass.system, glass.path, glass.samples_made, glass.reading.get("units", "")) == (
        "kob-andersen",
        "glasses",
        24,
        "",
    )
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


def test_problems_name_their_ensemble_where_there_are_several():
    wrong = GLASS.replace("dimension = 3", "dimension = 4")
    with pytest.raises(CardError) as caught:
        parse_card(GLASS.replace('"glasses"', '"others"') + wrong)
    assert "ensemble 2: dimension = 4" in str(caught.value)
    with pytest.raises(CardError) as caught:
        parse_card(GLASS + GLASS.replace('"glasses"', '"more"'))
    assert "ensemble 2 has the parameters of an earlier one" in str(caught.value)
    with pytest.raises(CardError) as caught:
        parse_card(wrong)
    assert "ensemble 1" not in str(caught.value)


def test_a_card_needs_an_ensemble_or_conformance():
    with pytest.raises(CardError, match="system"):
        parse_card('[code]\nname = "theirs"\n')
    with pytest.raises(CardError, match="system"):
        parse_card('nodes = 9\n[provenance]\nconformance = "cases"\n')


def test_ensembles_are_tables_of_a_list_and_not_too_many():
    with pytest.raises(CardError, match=r"not written as \[\[ensemble\]\]"):
        parse_card("[ensemble]\nsystem = 'spring-network'\n")
    tables = [
        GLASS.replace('"glasses"', f'"{n}"').replace("= 0.6", f"= 0.{n + 100}") for n in range(MOST_ENSEMBLES + 1)
    ]
    assert len(parse_card("".join(tables[:-1])).ensembles) == MOST_ENSEMBLES
    with pytest.raises(CardError, match=f"{MOST_ENSEMBLES + 1} ensembles, at most {MOST_ENSEMBLES}"):
        parse_card("".join(tables))


def test_files_that_are_no_cards(tmp_path):
    with pytest.raises(CardError, match=r"cannot be read(?s:.*)missing\.toml"):
        read_card(tmp_path / "missing.toml")
    big = tmp_path / "big.toml"
    big.write_bytes(GOOD.encode().ljust(LARGEST_CARD, b"#"))
    assert read_card(big).ensembles
    big.write_bytes(b"#" * (LARGEST_CARD + 1))
    with pytest.raises(CardError, match=r"too large(?s:.*)big\.toml"):
        read_card(big)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CardError, match=r"cannot be read(?s:.*)decode(?s:.*)binary\.toml"):
        read_card(binary)
    binary.write_text("nodes =")
    for reader in (read_card, read_reader_part):
        with pytest.raises(CardError, match=r"not valid TOML(?s:.*)binary\.toml"):
            reader(binary)


def test_what_readers_ask_for_can_stand_on_a_card():
    reported = 'length_units = "sigma"\ncomponents = 3\ndegrees_of_freedom = 3000\nmean_square_units = "rad/ps"\n'
    (ensemble,) = parse_card(GLASS + reported).ensembles
    assert {"length_units": "sigma", "degrees_of_freedom": 3000}.items() <= ensemble.for_reader.items()
    assert ensemble.degrees_of_freedom == 3000


@pytest.mark.parametrize("more", ["exponent = 12", 'path = "run"', 'variables = { pressure = "p.txt" }', ""])
@pytest.mark.parametrize("head", ["", "[[ensemble]]\n"])
def test_readers_take_their_part_of_a_submission(tmp_path, head, more):
    text = 'system = "soft-spheres"\ndimension = 3\nparticles = 4\nquantity = "eigenvalue"\n'
    (tmp_path / "card.toml").write_text(
        f"{head}{text}parent_temperature = 0.2\ntaper = 2\n{more}\n[code]\nname = 'x'\n"
    )
    part = read_reader_part(tmp_path / "card.toml")
    assert part == {"dimension": 3, "particles": 4, "quantity": "eigenvalue"}
    np.save(tmp_path / "omega.npy", np.arange(1.0, 11.0)[None, :])
    arguments = ["datasets", "convert", str(tmp_path / "omega.npy"), "-o", str(tmp_path / "out.nc")]
    assert main([*arguments, "--card", str(tmp_path / "card.toml")]) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('system = "x"\nquantitty = "eigenvalue"', "did you mean 'quantity'"),
        ('[[ensemble]]\nquantitty = "eigenvalue"', "did you mean 'quantity'"),
        ("[[ensemble]]\npath = 'a'\n[[ensemble]]\npath = 'b'", "not of one ensemble"),
        ("ensemble = 3", "not of one ensemble"),
    ],
)
def test_cards_without_a_part_for_readers(tmp_path, text, message):
    (tmp_path / "card.toml").write_text(text)
    with pytest.raises(CardError, match=message.replace("'", ".")):
        read_reader_part(tmp_path / "card.toml")


def test_a_card_for_readers_alone_is_handed_on_whole(tmp_path):
    (tmp_path / "card.toml").write_text('quantitty = "eigenvalue"\nunits = 3\n')
    assert read_reader_part(tmp_path / "card.toml") == {"quantitty": "eigenvalue", "units": 3}


@pytest.mark.parametrize("key", ["nodes", "displacement", "samples_made", "masses", "seeds"])
@pytest.mark.parametrize("number", ["9" * 5000, "9" * 400, "0x" + "f" * 5000])
def test_numbers_of_thousands_of_digits_are_refused(key, number):
    where = "[provenance]\n" if key == "seeds" else ""
    good = "\n".join(line for line in GOOD.splitlines() if not line.startswith(f"{key} "))
    with pytest.raises(CardError, match="digits"):
        parse_card(f"{good}\n{where}{key} = {number}\n")


def test_seeds_as_they_are_printed_are_taken():
    seed = "281407341218953912864921872341299876123"
    assert parse_card(f"{GOOD}[provenance]\nseeds = {seed}\n").provenance == {"seeds": seed}


def test_lists_in_lists_are_refused():
    with pytest.raises(CardError, match="not valid TOML"):
        parse_card(GOOD + "columns = " + "[" * 20_000 + "]" * 20_000)


def test_all_faults_of_a_card_come_at_once_with_line_and_example():
    text = 'system = "spring-network"\ndimension = 3\nnodes = "many"\ndisplacement = 2.0\nsituaton = 7\n'
    with pytest.raises(CardError) as caught:
        parse_card(text)
    faults = [line.strip() for line in caught.value.got.splitlines()]
    expected = {
        "line 2: dimension = 3": "example: dimension = 2",
        "line 3: nodes: 'many' is not of type int": "example: nodes = 3600",
        "line 4: displacement = 2.0": "example: displacement = 0.2",
        "line 5: unknown key 'situaton', did you mean 'situation'?": "example: situation = 2",
        "missing key 'situation'": "example: situation = 2",
    }
    for beginning, example in expected.items():
        (fault,) = [fault for fault in faults if fault.startswith(beginning)]
        assert fault.endswith(example)


def test_a_fault_of_one_of_several_ensembles_has_its_own_line():
    first = '[[ensemble]]\npath = "a"\nsystem = "spring-network"\ndimension = 2\nnodes = 3600\ndisplacement = 0.1\n'
    second = first.replace('"a"', '"b"').replace("3600", "3601") + "situation = 2\n"
    with pytest.raises(CardError, match="line 12: ensemble 2: nodes = 3601"):
        parse_card(first + "situation = 2\n" + second)


def test_a_printed_card_beside_its_data_is_scored(tmp_path, capsys):
    assert main(["score", "--init", "spring-network"]) == 0
    (tmp_path / "card.toml").write_text(capsys.readouterr().out, encoding="utf-8")
    np.save(tmp_path / "frequencies.npy", open_dataset("network/paper/situation-2/delta-0.2")["eigenfrequency"].values)
    assert main(["score", str(tmp_path), "--json", "-"]) in (0, 1)
    assert '"my code"' in capsys.readouterr().out
