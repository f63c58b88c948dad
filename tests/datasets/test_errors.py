"""What errors say beside what went wrong."""

from bosonpeak.datasets.errors import did_you_mean


def test_a_mistyped_word_is_answered_with_the_nearest_known_ones():
    known = ("samples", "seed", "sample")
    assert did_you_mean("seeed", known) == "did you mean 'seed'?"
    assert did_you_mean("samplez", iter(known), most=2) == "did you mean 'sample' or 'samples'?"


def test_nothing_is_asked_where_nothing_is_near():
    assert did_you_mean("temperature", ("group", "seed")) == ""
    assert did_you_mean("", ()) == ""
