"""Dynamic structure factor by kernel polynomials: against modes, sum rules, chains and lattices."""

import numpy as np
import pytest
import scipy.sparse as sparse

from bosonpeak.datasets.errors import ForeignInputError, NotApplicableError
from bosonpeak.generators import InversePower, hessian, minimise, random_configuration
from bosonpeak.spectral_methods.kernel_polynomials import jackson_resolution
from bosonpeak.spectral_methods.operator_spectra import operator_bound
from bosonpeak.validators import density_of_states, dynamic_structure_factor
from bosonpeak.validators.waves import current_correlation
from bosonpeak.validators.waves.plane_waves import wave_shells


@pytest.fixture(scope="module", params=[2, 3])
def glass(request):
    """A glass of 200 particles: matrix, positions, box."""
    potential = InversePower()
    positions, diameters, box = random_configuration(200, request.param, potential, seed=6)
    found = minimise(positions, diameters, box, potential)
    return hessian(found.positions, diameters, box, potential), found.positions, box


def ring(count):
    places = np.arange(count)
    springs = sparse.coo_array((np.ones(count), (places, (places + 1) % count)), shape=(count, count))
    return sparse.csr_array(2.0 * sparse.eye_array(count) - springs - springs.T), places[:, None].astype(float)


def test_wide_bins_hold_the_weight_of_the_modes_there(glass):
    matrix, positions, box = glass
    values, vectors = np.linalg.eigh(matrix.toarray())
    highest = np.sqrt(operator_bound(matrix))
    edges = np.linspace(0.0, highest, 9)
    modes = vectors.T.reshape(len(values), *positions.shape)
    frequencies = np.sqrt(np.maximum(values, 0.0))
    exact = current_correlation(positions, box, frequencies, modes, edges, shells=3)
    found = dynamic_structure_factor(matrix, 3, positions=positions, box=box, bins=edges, moments=2048, waves=1000)
    width = np.diff(edges)
    for name, expected in (
        ("current_correlation", exact.transverse),
        ("longitudinal_current_correlation", exact.longitudinal),
    ):
        # The kernel moves at most the weight within its width of an edge.
        np.testing.assert_allclose(found[name][0] * width, expected * width, atol=0.03)
    np.testing.assert_allclose(found["wavenumber"], exact.wavenumber)


def test_every_wave_has_unit_weight(glass):
    matrix, positions, box = glass
    found = dynamic_structure_factor(matrix, 4, positions=positions, box=box, moments=256)
    width = found["frequency_high"] - found["frequency_low"]
    for name in ("current_correlation", "longitudinal_current_correlation"):
        np.testing.assert_allclose((found[name] * width).sum("frequency"), 1.0, atol=1e-3)


def test_structure_factor_is_the_correlation_over_squared_phase_velocity(glass):
    matrix, positions, box = glass
    found = dynamic_structure_factor(matrix, 2, positions=positions, box=box, moments=256)
    ratio = (found["transverse"] / found["current_correlation"]).isel(sample=0, frequency=slice(20, 30))
    expected = (found["wavenumber"] / found["frequency"]) ** 2
    np.testing.assert_allclose(ratio, expected.isel(frequency=slice(20, 30)).T.transpose(*ratio.dims), rtol=5e-3)


def test_operators_give_the_numbers_of_the_matrix(glass):
    matrix, positions, box = glass
    dense = dynamic_structure_factor(matrix.toarray(), 2, positions=positions, box=box, moments=128)
    products = sparse.linalg.aslinearoperator(matrix)
    found = dynamic_structure_factor(products, 2, positions=positions, box=box, moments=128)
    for name in ("transverse", "longitudinal"):
        np.testing.assert_allclose(found[name], dense[name], rtol=1e-6, atol=1e-9)


def test_waves_of_a_chain_follow_its_dispersion_and_are_longitudinal_alone():
    matrix, positions = ring(128)
    found = dynamic_structure_factor(matrix, 12, positions=positions, box=[128.0], moments=2048)
    expected = 2.0 * np.sin(0.5 * found["wavenumber"])
    np.testing.assert_allclose(found["longitudinal_sound_frequency"][3:], expected[3:], rtol=0.01)
    assert "transverse" not in found
    assert np.isnan(found["longitudinal_ioffe_regel"])
    assert float(found["longitudinal_sound_width"].max()) < 2.0 * found.attrs["resolution"]


def test_glass_reaches_the_ioffe_regel_limit_and_samples_give_intervals(glass):
    matrix, positions, box = glass
    one = dynamic_structure_factor(matrix, 6, positions=positions, box=box, moments=256)
    assert np.isnan(one["transverse_sound_frequency_low"]).all()
    if positions.shape[1] == 3:
        several = dynamic_structure_factor(
            [matrix, 1.1 * matrix, 1.2 * matrix], 6, positions=[positions] * 3, box=box, moments=256
        )
        low, middle, high = (several[f"transverse_sound_frequency{end}"] for end in ("_low", "", "_high"))
        assert bool(((low < middle) & (middle < high)).all())
        assert several.sizes["sample"] == 3


def test_waves_with_all_particles_at_their_nodes_are_left_out():
    """At q = pi the sine vanishes on the sites of the chain."""
    matrix, positions = ring(32)
    found = dynamic_structure_factor(matrix, [[np.pi]], positions=positions, box=[32.0], moments=512)
    assert float(found["longitudinal_sound_frequency"][0]) == pytest.approx(2.0, rel=0.02)


def test_chosen_wave_vectors_are_grouped_by_their_length(glass):
    matrix, positions, box = glass
    shells = wave_shells(box, 2)
    vectors = np.concatenate([shell.wavevectors for shell in shells])
    found = dynamic_structure_factor(matrix, vectors, positions=positions, box=box, moments=64, waves=1000)
    whole = dynamic_structure_factor(matrix, 2, positions=positions, box=box, moments=64, waves=1000)
    np.testing.assert_allclose(found["transverse"], whole["transverse"], rtol=1e-9)


def test_resolution_is_that_of_the_kernel(glass):
    matrix, positions, box = glass
    found = dynamic_structure_factor(matrix, 1, positions=positions, box=box, moments=100)
    assert found.attrs["resolution"] == pytest.approx(float(jackson_resolution(100, operator_bound(matrix), 0.0)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"positions": np.zeros((7, 1))}, "positions do not fit"),
        ({"q": [[0.1]]}, "not wave vectors of the box"),
        ({"q": [[0.0]]}, "not wave vectors of the box"),
        ({"q": 0}, "q is not a count"),
        ({"bins": [1.0, 0.5]}, "not bins"),
        ({"box": [-1.0]}, "box cannot be used"),
    ],
)
def test_refusals_name_the_fault(change, message):
    matrix, positions = ring(32)
    options = {"q": 2, "positions": positions, "box": [32.0]} | change
    with pytest.raises(NotApplicableError, match=message):
        dynamic_structure_factor(matrix, options.pop("q"), **options)


def test_a_stored_triangle_is_refused(glass):
    matrix, positions, box = glass
    triangle = sparse.csr_array(sparse.triu(matrix))
    with pytest.raises(ForeignInputError, match=r"not symmetric[\s\S]*a stored triangle"):
        dynamic_structure_factor(triangle, 2, positions=positions, box=box)
    with pytest.raises(ForeignInputError, match=r"data: the matrix is not symmetric[\s\S]*a stored triangle"):
        density_of_states(triangle)


def test_unstable_and_not_square_systems_are_refused():
    matrix, positions = ring(32)
    unstable = sparse.csr_array(matrix - sparse.eye_array(32))
    with pytest.raises(NotApplicableError, match="negative eigenvalues"):
        dynamic_structure_factor(unstable, 2, positions=positions, box=[32.0])
    with pytest.raises(ForeignInputError, match="not a square matrix"):
        dynamic_structure_factor(np.ones((3, 2)), 2, positions=positions, box=[32.0])
