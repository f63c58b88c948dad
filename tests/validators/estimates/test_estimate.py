"""What an estimate shows of itself."""

import math

from bosonpeak.validators import Estimate

ESTIMATE = Estimate(
    "exponent s", 4.0, 3.5, 4.5, 0.95, 12, "likelihood <maximum>", window=(0.1, 0.5), warnings=("few", "a & b")
)


def test_warnings_are_printed_under_the_number():
    assert str(ESTIMATE).splitlines() == ["4 [3.5, 4.5] (95 %, n = 12)", "  warning: few", "  warning: a & b"]
    assert ESTIMATE.in_short == "4 [3.5, 4.5] (95 %, n = 12)"


def test_notebooks_show_a_table_in_which_texts_are_texts():
    table = ESTIMATE._repr_html_()
    for text in ("exponent s", "[3.5, 4.5]", "likelihood &lt;maximum&gt;", "0.1 to 0.5", "a &amp; b", "95 % interval"):
        assert text in table
    assert table.count("<tr>") == table.count("</tr>") == 7


def test_a_missing_interval_is_said():
    bare = Estimate("excess", 1.0, math.nan, math.nan, 0.95, 2, "mean")
    assert "none can be given" in bare._repr_html_()
    assert str(bare) == "1, no interval (n = 2)"
