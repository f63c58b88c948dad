import inspect

import pytest

from bosonpeak.validators.estimates.old_spellings import accept_old_spelling


@accept_old_spelling("dataset", positional=("first_phonon", "chain"), scale="first_phonon")
def measured(data, *, first_phonon=None, chain=None, level=0.95):
    """Return its arguments."""
    return data, first_phonon, chain, level


def test_the_new_spelling_gives_no_warning():
    assert measured(1, first_phonon=2, chain=3, level=0.9) == (1, 2, 3, 0.9)
    assert measured(data=1) == (1, None, None, 0.95)


def test_old_names_and_positions_are_accepted_with_a_warning():
    with pytest.warns(DeprecationWarning, match="measured: .*first_phonon=, chain="):
        assert measured(1, 2, 3) == (1, 2, 3, 0.95)
    with pytest.warns(DeprecationWarning, match="data"):
        assert measured(dataset=1, chain=3) == (1, None, 3, 0.95)
    with pytest.warns(DeprecationWarning, match="first_phonon="):
        assert measured(1, scale=2) == (1, 2, None, 0.95)


def test_wrong_arguments_are_the_usual_mistakes():
    for wrong in (lambda: measured(1, 2, 3, 4), lambda: measured(1, 2, first_phonon=2), lambda: measured(1, dataset=2)):
        with pytest.raises(TypeError):
            wrong()


def test_editors_see_the_new_spelling():
    assert list(inspect.signature(measured).parameters) == ["data", "first_phonon", "chain", "level"]
    assert measured.__doc__ == "Return its arguments."
