"""Van Hove peak, coordination, zero modes, poles and phonon shells against cases with known answers."""

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.spectra.debye_level import square_lattice_density, square_lattice_frequencies
from bosonpeak.validators.spectra.network_structure import (
    coordination_distribution,
    coordination_fractions,
    distinct_poles,
    pole_change,
    zero_mode_surplus,
)
from bosonpeak.validators.spectra.shell_frequencies import (
    phonon_shells,
    resolved_below,
    shells_resolved_below,
    speed2_from_lowest_modes,
)
from bosonpeak.validators.spectra.van_hove import van_hove_peak


def sampled(density, mean_diagonal, samples=4, noise=0.01):
    frequency = np.arange(0.01, 3.5, 0.01)
    generator = np.random.default_rng(3)
    rows = np.minimum(density(frequency), 5.0) * (1 + noise * generator.standard_normal((samples, len(frequency))))
    return xr.Dataset(
        {
            "density_of_states": (("sample", "frequency"), rows),
            "mean_diagonal": ("sample", np.full(samples, mean_diagonal)),
        },
        coords={"frequency": frequency},
    )


@pytest.mark.parametrize("speed2", [0.5, 1.0, 1.3])
def test_van_hove_peak_of_the_crystal_is_at_twice_its_speed(speed2):
    peak = van_hove_peak(sampled(lambda w: square_lattice_density(w, speed2), 4.0 * speed2))
    assert peak.position.value == pytest.approx(2.0 * np.sqrt(speed2), abs=0.05)
    assert peak.prominence.low > 0.5


def test_a_falling_spectrum_has_no_van_hove_peak():
    peak = van_hove_peak(sampled(lambda w: w * np.exp(-w), 4.0, noise=0.0))
    assert peak.prominence.value == pytest.approx(0.0, abs=1e-12)


def test_coordination_of_a_mixture():
    data = xr.Dataset(
        {"coordination_number": (("sample", "node"), np.array([[3, 3, 4, 5], [3, 3, 3, 4], [4, 4, 4, 2]]))}
    )
    found = coordination_distribution(data)
    assert found.fraction.sum(axis=1) == pytest.approx(1.0)
    assert found.mean.value == pytest.approx((3.75 + 3.25 + 3.5) / 3)
    assert found.variance.value == pytest.approx(np.mean([np.var(r) for r in data["coordination_number"].values]))
    assert found.most_probable.value == pytest.approx((3 + 3 + 4) / 3)


def test_fractions_and_numbers_give_the_same_distribution():
    numbers = np.random.default_rng(0).integers(0, 7, (3, 50))
    direct = coordination_distribution(xr.Dataset({"coordination_number": (("sample", "node"), numbers)}))
    fractions = xr.Dataset({"coordination_fraction": (("sample", "coordination"), coordination_fractions(numbers))})
    assert coordination_distribution(fractions).variance.value == pytest.approx(direct.variance.value)


def test_zero_mode_surplus_sees_a_missing_component():
    rows = np.array([[0.0, 0.0, 1.0, 2.0], [0.0, 0.5, 1.0, 2.0], [0.0, 0.5, 1.0, 2.0]])
    data = xr.Dataset(
        {"eigenfrequency": (("sample", "mode"), rows), "zero_mode_count": ("sample", np.array([2, 1, 1]))}
    )
    assert zero_mode_surplus(data).value == 0.0
    data["zero_mode_count"] = ("sample", np.array([1, 1, 1]))
    assert zero_mode_surplus(data).value == 1.0


def test_poles_are_counted_once_each():
    assert distinct_poles(np.sqrt([0.0, 3.0, 3.0, 3.0 + 1e-12, 6.0])).tolist() == pytest.approx([3.0, 6.0])
    new, surviving = pole_change(np.sqrt([0.0, 3.0, 6.0]), after=np.sqrt([0.0, 2.0, 3.0, 5.0]))
    assert (new.value, surviving.value) == (2.0, 1.0)


def test_first_shells_of_a_square_box():
    shells = phonon_shells(10.0, 1.0, 2.0)
    unit = 2 * np.pi / 10
    assert shells.multiplicity[:4].tolist() == [4, 4, 4, 8]
    assert shells.frequency[:4] == pytest.approx(unit * np.sqrt([1, 2, 4, 5]))


def test_speed_from_the_first_shell_is_exact_on_the_lattice():
    data = xr.Dataset(
        {"eigenfrequency": (("sample", "mode"), square_lattice_frequencies(20, 0.7)[None, :])},
        attrs={"lattice_size": 20},
    )
    assert speed2_from_lowest_modes(data) == pytest.approx([0.7])


def test_shells_are_resolved_until_they_overlap():
    shells = phonon_shells(50.0, 1.0, 1.0)
    generator = np.random.default_rng(2)
    sharp = np.repeat(shells.frequency, shells.multiplicity)
    assert resolved_below(sharp + 1e-6 * generator.random(len(sharp)), shells) > 0.8 * shells.frequency[-1]
    blurred = np.sort(sharp + 0.05 * generator.random(len(sharp)))
    assert resolved_below(blurred, shells) < 0.5


def test_an_ensemble_of_lattices_with_broadened_shells():
    lattice = square_lattice_frequencies(40)
    generator = np.random.default_rng(4)

    def blurred(width):
        rows = np.sort(lattice * (1.0 + width * generator.standard_normal((6, len(lattice)))), axis=1)
        return xr.Dataset(
            {"eigenfrequency": (("sample", "mode"), rows), "zero_mode_count": ("sample", np.ones(6, dtype=np.int32))},
            attrs={"lattice_size": 40},
        )

    sharp, broad = shells_resolved_below(blurred(1e-4)), shells_resolved_below(blurred(3e-2))
    assert sharp.value > 0.4
    assert broad.high < 0.5 * sharp.value
    with pytest.raises(NotApplicableError, match="lattice_size"):
        shells_resolved_below(blurred(1e-4).assign_attrs(lattice_size=0))


def test_a_gap_below_the_van_hove_peak_is_refused_in_words():
    generator = np.random.default_rng(1)
    modes = np.sort(1.8 + generator.random((6, 900)), axis=1)
    networks = xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), np.concatenate([np.zeros((6, 1)), modes], axis=1)),
            "mean_diagonal": ("sample", np.full(6, 4.0)),
        },
        attrs={"dimension": 2, "nodes": 901},
    )
    with pytest.raises(NotApplicableError, match="no prominence"):
        van_hove_peak(networks)
