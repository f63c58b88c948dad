"""Citations, read back by the libraries that other people read them with."""

import tomllib
from pathlib import Path

import bibtexparser
import pytest
import yaml
from datacite import schema45

from bosonpeak.benchmark.commands.main import main
from bosonpeak.datasets import list_datasets
from bosonpeak.datasets.citation import bibtex, cited_papers, datacite, discovery_attributes, known_papers
from bosonpeak.datasets.dataset_entry import DatasetEntry
from bosonpeak.datasets.registry import complete_entry, released_datasets

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = [entry.name for entry in (*list_datasets(), *released_datasets()[:1])]
NATURE = "10.1038/s41467-024-46981-7"


@pytest.mark.parametrize("name", ENTRIES)
def test_every_dataset_has_a_citation_that_programs_read(name):
    entry = complete_entry(name)
    schema45.validator.validate(datacite(entry))
    library = bibtexparser.parse_string(bibtex(entry))
    assert library.failed_blocks == []
    own = library.entries_dict[f"bosonpeak:{name}"]
    assert own["year"] == "2026"
    assert entry.content_digest in own["note"]
    assert set(library.entries_dict) == {f"bosonpeak:{name}", *(paper.key for paper in cited_papers(entry.source))}


def test_datasets_made_after_a_paper_cite_it():
    papers = {name: {paper.key for paper in cited_papers(complete_entry(name).source)} for name in ENTRIES}
    for name, found in papers.items():
        family = name.split("/")[0]
        assert bool(found) == (family not in ("null", "calibration", "material")), name
    assert papers["network/paper"] == {"jiang-network"}
    assert papers["theory/quasi-equilibrium"] == {"jiang-quasi-equilibrium"}
    assert papers["glass/taper-2"] == {"schirmacher-nature-communications"}
    assert papers["glass/kob-andersen"] == {"kob-andersen"}


def test_metadata_relate_a_dataset_to_papers_with_and_without_doi():
    glass, network = datacite(complete_entry("glass/taper-2")), datacite(complete_entry("network/paper"))
    assert [related["relatedIdentifier"] for related in glass["relatedIdentifiers"]] == [NATURE]
    assert network["relatedIdentifiers"] == []
    assert network["relatedItems"][0]["titles"][0]["title"] == "Microscopic origin of Boson peak in amorphous solids"


def test_signs_that_tex_reads_are_escaped():
    entry = DatasetEntry(
        "a", "a.nc", "0" * 64, 1, "CC0-1.0", "", "100 % of {m_2} & more", "spectrum", created="2026-01-01"
    )
    (parsed,) = bibtexparser.parse_string(bibtex(entry)).entries
    assert parsed["title"] == r"{100 \% of \{m\_2\} \& more}"


def test_the_citation_file_names_the_four_papers():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    subjects = [paper for paper in known_papers() if paper.subject]
    assert len(subjects) == 4
    named = {reference["title"]: reference for reference in citation["references"]}
    assert set(named) == {paper.title for paper in subjects}
    for paper in subjects:
        authors = [f"{author['family-names']}, {author['given-names']}" for author in named[paper.title]["authors"]]
        assert (tuple(authors), named[paper.title].get("doi", "")) == (paper.authors, paper.doi)


def test_attributes_of_acdd_say_no_more_than_the_file():
    attributes = {
        "licence": "CC0-1.0",
        "source": "Nature Communications 15, 3107 (2024)",
        "code": "other",
        "kind": "spectrum",
    }
    found = discovery_attributes(attributes)
    assert found["license"] == "CC0-1.0"
    assert f"https://doi.org/{NATURE}" in found["references"]
    assert "spectrum" in found["keywords"]
    assert "creator_name" not in found
    made_here = discovery_attributes(attributes | {"code": "bosonpeak", "recipe": "[recipe]", "created": "2026-01-31"})
    assert (made_here["creator_name"], made_here["date_created"]) == ("The bosonpeak developers", "2026-01-31")
    assert "CF" not in found["Conventions"]


def test_papers_are_well_formed():
    entries = tomllib.loads((ROOT / "src/bosonpeak/datasets/papers.toml").read_text(encoding="utf-8"))
    assert all(", " in author for values in entries.values() for author in values["authors"])
    for paper in known_papers():
        assert all(cited_papers(f"see {phrase}.") == (paper,) for phrase in paper.recognised)


def test_the_command(capsys):
    assert main(["datasets", "cite", "network/paper"]) == 0
    assert bibtexparser.parse_string(capsys.readouterr().out).entries[0].key == "bosonpeak:network/paper"
    assert main(["datasets", "cite", "network/paper", "--format", "datacite"]) == 0
    assert '"schemaVersion"' in capsys.readouterr().out
