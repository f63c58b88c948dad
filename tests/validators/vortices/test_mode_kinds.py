import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.nulls.displacement_fields import (
    breathing_patch,
    degenerate_waves,
    gaussian_fields,
    point_vortices,
    rotating_patch,
    white_fields,
)
from bosonpeak.validators.vortices.mode_kinds import below_the_shell, judged_modes, mode_kinds, null_error_rates
from bosonpeak.validators.waves.plane_waves import orthonormal_waves
from bosonpeak.validators.waves.wave_overlap import judged_overlap

SIDE = {2: 18, 3: 7}
CORE = 0.05
SMALLEST = {2: 0.15, 3: 0.25}  # Patches of fewer than two particle distances are not resolved.


def glassy_points(dimension, seed=0):
    """A lattice shaken until nothing of its order is left, without holes."""
    side = SIDE[dimension]
    axes = np.meshgrid(*[np.arange(side) + 0.5] * dimension, indexing="ij")
    sites = np.stack([axis.ravel() for axis in axes], axis=1)
    shaken = sites + np.random.default_rng(seed).uniform(-0.45, 0.45, sites.shape)
    return shaken % side, np.full(dimension, float(side))


def dressed(places, box, fields, generator):
    """Superposed waves with as much isotropic noise as the rival may just claim."""
    span = orthonormal_waves(places, box)
    noise = generator.standard_normal((fields, *places.shape))
    noise -= noise.mean(axis=1, keepdims=True)
    amplitude = generator.standard_normal((fields, len(span.basis)))
    amplitude /= np.linalg.norm(amplitude, axis=1, keepdims=True)
    return (amplitude @ span.basis).reshape(noise.shape) + noise / np.sqrt(span.freedom)


def patches(kind, places, box, fields, generator, **options):
    low, high = SMALLEST[len(box)] * box[0], 0.35 * box[0]
    return np.stack(
        [
            kind(places, box, generator.random(len(box)) * box, generator.uniform(low, high), **options)
            for _ in range(fields)
        ]
    )


def turning(places, box, fields, generator):
    return np.concatenate(
        [patches(rotating_patch, places, box, 1, generator, axis=generator.standard_normal(3)) for _ in range(fields)]
    )


def vortex_fields(places, box, fields, generator):
    centres = generator.random((fields, 1, 2)) * box[0]
    core = CORE * box[0]
    return np.concatenate([point_vortices(box, centre, [1.0], core=core).at(places) for centre in centres])


def nulls(dimension, fields, seed):
    """Each null with what it is."""
    generator = np.random.default_rng(seed)
    places, box = glassy_points(dimension, seed)
    even, length = (dimension - 1) / dimension, 0.1 * box[0]

    def smooth(share, offset):
        return gaussian_fields(box, fields, seed + offset, correlation_length=length, transverse_share=share).at(places)

    drawn = {
        "superposed waves": ("waves", degenerate_waves(box, fields, seed + 1).at(places)),
        "dressed waves": ("waves", dressed(places, box, fields, generator)),
        "white fields": ("random", white_fields(len(places), dimension, fields, seed + 2)),
        "smooth random fields": ("random", smooth(even, 3)),
        "irrotational fields": ("irrotational", smooth(0.0, 4)),
        "longitudinal waves": (
            "irrotational",
            degenerate_waves(box, fields, seed + 5, polarisation="longitudinal").at(places),
        ),
        "breathing patches": ("irrotational", patches(breathing_patch, places, box, fields, generator)),
        "rotating patches": ("vortex", turning(places, box, fields, generator)),
        "point vortices": ("vortex", vortex_fields(places, box, fields, generator)),
    }
    return places, box, drawn


def error_rates(dimension, fields, seed):
    places, box, drawn = nulls(dimension, fields, seed)
    return null_error_rates({name: (kind, judged_modes(places, f, box)) for name, (kind, f) in drawn.items()})


@pytest.mark.parametrize("dimension", [2, 3])
def test_each_null_comes_out_as_what_it_is(dimension):
    for name, rate in error_rates(dimension, 60, 1).items():
        assert rate.low < 0.05, (name, rate.details)
        assert rate.n == 60


@pytest.mark.slow
@pytest.mark.parametrize("dimension", [2, 3])
def test_a_thousand_draws_of_each_null_err_at_the_nominal_rate(dimension):
    rates = error_rates(dimension, 1000, 2)
    for name, rate in rates.items():
        assert rate.value < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1000), (name, rate.details)
    assert abs(rates["dressed waves"].value - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 1000)


def verdict(overlap, content, error=0.0, dimension=3):
    judged = judged_overlap(np.atleast_1d(overlap), 12, 1000)
    return mode_kinds(judged, np.atleast_1d(content), np.full(1, error), np.full(1, 20.0), dimension)


def test_the_order_of_the_tests():
    assert verdict(0.9, 1.0).kind[0] == "waves"
    assert verdict(0.9, 0.0).kind[0] == "waves"
    assert verdict(0.3, 1.0).kind[0] == "vortex"
    assert verdict(0.3, 0.1).kind[0] == "irrotational"
    assert verdict(0.3, 0.66).kind[0] == "random"


def test_p_value_and_effects_of_a_verdict():
    clear, unsure = verdict(0.3, 0.95), verdict(0.3, 0.95, error=0.3)
    assert clear.p_vortex[0] == max(clear.p_waves[0], clear.p_random[0])
    assert clear.p_vortex[0] < 0.001
    assert unsure.p_vortex[0] > 0.05
    assert unsure.kind[0] == "random"
    assert clear.rotation[0] == pytest.approx((0.95 - 2 / 3) * 3)
    assert clear.wave_share[0] == pytest.approx((0.3 - 0.012) / 0.988)
    assert verdict(0.3, 0.1).p_vortex[0] == 1.0


def test_the_lowest_of_a_split_shell_is_the_rival_of_a_low_mode():
    found = below_the_shell([1.0, 0.8], 1.0, 0.1, 12)
    assert found == pytest.approx([1 - 0.5**12, 1 - (1 - 0.022750131948) ** 12])
    lowest = 1.0 + 0.1 * np.random.default_rng(3).standard_normal((4000, 12)).min(axis=1)
    assert np.mean(below_the_shell(lowest, 1.0, 0.1, 12) < 0.05) == pytest.approx(0.05, abs=0.015)
    with pytest.raises(NotApplicableError, match="without width"):
        below_the_shell([0.5], 1.0, 0.0, 12)


def test_numbers_that_do_not_belong_together_are_refused():
    judged = judged_overlap([0.3, 0.4], 12, 1000)
    for content, error in (([0.5], [0.0]), ([0.5, 0.5], [0.1, -0.1])):
        with pytest.raises(NotApplicableError, match="do not fit the modes"):
            mode_kinds(judged, content, error, np.full(len(content), 9.0), 3)
