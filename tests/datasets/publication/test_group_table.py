"""Facts that groups share are stated once, the others in a table."""

from bosonpeak.datasets.publication.group_table import group_table


def test_common_facts_are_a_sentence_and_others_a_table():
    hot, cold = {"particles": "1000", "T*": "1.00"}, {"particles": "1000", "T*": "0.20", "chains": "25"}
    assert group_table({"/hot": hot, "/cold": cold}).splitlines() == [
        "All groups: particles 1000.",
        "",
        "| Group | T* | chains |",
        "| --- | --- | --- |",
        "| `/hot` | 1.00 |  |",
        "| `/cold` | 0.20 | 25 |",
    ]


def test_groups_without_differences_are_a_list_of_paths():
    assert group_table({"/a": {"trial": "2"}, "/b": {"trial": "2"}}) == "All groups: trial 2.\n\nGroups: `/a`, `/b`."


def test_a_group_alone_is_a_sentence():
    assert group_table({"/a": {"trial": "2"}}) == "Group `/a`: trial 2."


def test_bars_are_escaped():
    assert r"|sigma|" not in group_table({"/a": {"|sigma|": "1"}, "/b": {"|sigma|": "2"}})
