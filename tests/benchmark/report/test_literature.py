"""Citations in the sources of claims."""

from bosonpeak.benchmark.report.words.literature import cited


def test_a_title_beside_its_doi_is_linked_once_and_whole():
    shown = cited(
        "C. Jiang, homogeneous thermalization of an inhomogeneous elastic system, https://doi.org/10.48550/arXiv.2501.10947"
    )
    assert shown.count("<a ") == 1
    assert shown.endswith(">https://doi.org/10.48550/arXiv.2501.10947</a>")


def test_text_beside_a_citation_is_escaped():
    assert cited("<b> & arXiv:2501.10947").startswith("&lt;b&gt; &amp; <a ")
