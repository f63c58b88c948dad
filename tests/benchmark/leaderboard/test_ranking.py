from hypothesis import given
from hypothesis import strategies as st

from bosonpeak.benchmark.leaderboard.pages import rank
from bosonpeak.benchmark.scorecards.score_result import Correctness, TrackResult

ASKED = 188


def result(right, decided):
    return TrackResult("conformance", Correctness(right, decided), ASKED)


def places(*counts):
    return [(one.best, one.worst) for one in rank([result(*count) for count in counts])]


counts = st.tuples(st.integers(1, ASKED), st.integers(0, ASKED - 1)).filter(lambda pair: sum(pair) <= ASKED)
"""Numbers of right and of wrong answers."""


def test_whoever_answers_more_and_nothing_wrong_is_ahead():
    assert places((188, 188), (172, 172), (5, 5)) == [(1, 1), (2, 2), (3, 3)]


def test_equal_results_share_their_places():
    assert places((188, 188), (188, 188), (5, 5)) == [(1, 2), (1, 2), (3, 3)]


def test_what_the_intervals_do_not_tell_apart_shares_its_places():
    assert places((20, 20), (19, 20)) == [(1, 2), (1, 2)]
    assert places((188, 188), (120, 188)) == [(1, 1), (2, 2)]


def test_more_coverage_and_less_correctness_are_not_weighed_against_each_other():
    assert places((172, 172), (172, 188)) == [(1, 2), (1, 2)]


@given(counts, st.integers(1, 50), st.lists(counts, max_size=4))
def test_neither_guessing_nor_leaving_out_brings_anybody_ahead(honest, extra, others):
    right, wrong = honest
    field = [(r, r + w) for r, w in others]
    mine = places((right, right + wrong), *field)[0]
    guessed = min(wrong + extra, ASKED - right)
    if guessed > wrong:
        with_guesses = places((right, right + guessed), (right, right + wrong))
        assert with_guesses[0][0] >= with_guesses[1][0]
    without_wrong = places((right, right), *field)[0]
    assert without_wrong[1] >= 1
    both = places((right, right), (right, right + wrong))
    assert both[0] == both[1] or wrong == 0
    assert mine[0] <= mine[1]


@given(st.lists(counts, min_size=1, max_size=6))
def test_every_rank_is_a_place_and_the_first_is_open_to_somebody(field):
    found = places(*[(r, r + w) for r, w in field])
    assert all(1 <= best <= worst <= len(field) for best, worst in found)
    assert min(best for best, _ in found) == 1
