"""A plan says what its own glasses would find: more of them find more, and what cannot be planned is refused."""

import math

import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.benchmark.planning import Plan, cpu_hours, outlooks
from bosonpeak.datasets.errors import RecipeError


def test_more_glasses_have_more_power_and_narrower_intervals():
    few, many = (outlooks(Plan((500, 1000), (glasses // 2, glasses), trials=6, seed=2)) for glasses in (600, 9600))
    assert [(found.truth, found.rival) for found in few] == [(3.0, 4.0), (3.0, 4.0), (4.0, 3.0), (4.0, 3.0)]
    assert [math.isinf(found.bend) for found in few] == [True, False, True, False]
    for less, more in zip(few, many, strict=True):
        assert more.width < less.width
        assert more.power >= less.power
        assert more.coverage >= 0.5
    assert max(found.power for found in many) == 1.0
    assert few[3].glasses[1] > 600


def test_the_cost_grows_with_particles_and_glasses():
    warm, cold = cpu_hours((500, 1000), (7200, 3600))
    assert (warm, cold) == pytest.approx((1.2, 1.8))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"particles": (1000, 2000)}, "as many sizes"),
        ({"particles": (10,)}, "at least 50 particles"),
        ({"glasses": (10,)}, "one a chain"),
        ({"glasses": (10**9,)}, "at most"),
        ({"exponents": (4.0, 3.0)}, "the lower first"),
        ({"trials": 1}, "at least 2 trials"),
    ],
)
def test_what_cannot_be_planned_is_refused(wrong, message):
    with pytest.raises(RecipeError, match=message):
        Plan(**({"particles": (1000,), "glasses": (600,)} | wrong))


def test_the_command_prints_a_row_for_each_truth_and_refuses_other_dimensions(capsys):
    call = ["plan", "exponent", "--particles", "1000", "--glasses", "600", "--trials", "3"]
    assert main(call) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.split()[:1] in (["3"], ["4"]) for line in lines) == 4
    assert "CPU hours" in " ".join(lines)
    assert main([*call, "--dimension", "2"]) == 2
    assert "three dimensions" in capsys.readouterr().err
