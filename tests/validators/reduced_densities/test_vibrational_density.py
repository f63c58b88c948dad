"""Density of states: normalisation, ends of lists, Debye levels and coverage of its intervals."""

import math

import numpy as np
import pytest
import scipy.sparse as sparse
import xarray as xr
from scipy.sparse.linalg import aslinearoperator

import bosonpeak
from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators import boson_peak, density_of_states
from bosonpeak.validators.spectra import debye_density


def ensemble(rows, **variables):
    return xr.Dataset({"eigenfrequency": (("sample", "mode"), np.asarray(rows)), **variables})


def total(found):
    return float((found["density"] * (found["frequency_high"] - found["frequency_low"])).sum())


def debye_spectra(samples, modes, seed, dimension=3):
    return np.sort(np.random.default_rng(seed).random((samples, modes)) ** (1.0 / dimension), axis=1)


def test_bins_hold_the_counted_modes():
    found = density_of_states([[0.0, 0.5, 1.5, 1.5], [0.0, 0.5, 0.6, 1.9]], bins=[0.0, 1.0, 2.0])
    assert found["density"].values.tolist() == [3 / 8, 3 / 8]


@pytest.mark.parametrize("smoothing", [0.0, 0.05])
def test_all_modes_are_counted(smoothing):
    found = density_of_states(debye_spectra(5, 300, 1), bins=np.linspace(0.0, 1.5, 61), smoothing=smoothing)
    assert total(found) == pytest.approx(1.0, rel=1e-9 if smoothing == 0.0 else 2e-3)


def test_smoothing_leaves_a_flat_density_flat_at_zero_frequency():
    """A kernel that is not reflected at zero would lose half of the weight there."""
    rows = (np.arange(4000) + 0.5)[None, :] / 4000
    found = density_of_states(rows, bins=np.linspace(0.0, 1.0, 51), smoothing=0.05, degrees_of_freedom=8000)
    assert found["density"].values == pytest.approx(0.5, rel=1e-2)
    assert 0.8 < float(found["frequency_high"][-1]) <= 1.0 - 3 * 0.05


def test_lists_of_the_lowest_modes_end_where_the_shortest_does():
    complete = debye_spectra(6, 400, 2)
    edges = np.linspace(0.0, 1.0, 41)
    lowest = density_of_states(complete[:, :50], bins=edges, degrees_of_freedom=400)
    whole = density_of_states(complete, bins=edges)
    inside = lowest.sizes["frequency"]
    assert float(lowest["frequency_high"][-1]) <= complete[:, 49].min() < edges[inside + 1]
    np.testing.assert_array_equal(lowest["density"], whole["density"][:inside])


def test_below_the_end_of_the_lists_all_samples_count_and_above_it_the_complete_spectra():
    complete = debye_spectra(6, 400, 3)
    data = ensemble(
        complete[:, :50],
        full_eigenfrequency=(("full_sample", "full_mode"), complete[[1, 4]]),
        full_sample_index=("full_sample", [1, 4]),
    )
    data.attrs["degrees_of_freedom"] = 400
    edges = np.linspace(0.0, 1.0, 21)
    found = density_of_states(data, bins=edges)["density"].values
    end = complete[:, 49].min()
    below = edges[1:] <= end
    assert 0 < below.sum() < len(below)
    np.testing.assert_allclose(found[below], density_of_states(complete, bins=edges)["density"][below])
    np.testing.assert_allclose(found[~below], density_of_states(complete[[1, 4]], bins=edges)["density"][~below])


def test_chunks_give_the_numbers_of_the_array():
    data = ensemble(debye_spectra(40, 200, 4), chain=("sample", np.repeat(np.arange(8), 5)))
    data.attrs["degrees_of_freedom"] = 200
    xr.testing.assert_identical(density_of_states(data.chunk(sample=7), bins=30), density_of_states(data, bins=30))


@pytest.mark.parametrize("dimension", [2, 3])
def test_debye_level_of_moduli_is_the_density_of_plane_waves(dimension):
    """Independent count: all plane waves of a box below a frequency, both polarisations, at their own speeds."""
    size, transverse, longitudinal, density, highest = 60.0, 1.0, 1.7, 1.3, 1.2
    reach = int(highest / transverse * size / (2.0 * math.pi)) + 1
    axis = 2.0 * math.pi / size * np.arange(-reach, reach + 1)
    k = np.sqrt(sum(np.meshgrid(*[axis**2] * dimension)))
    waves = (dimension - 1) * (transverse * k < highest).sum() + (longitudinal * k < highest).sum()
    degrees = dimension * density * size**dimension
    found = density_of_states(
        np.linspace(0.1, 2.0, 50), bins=[0.1, 1.0], dimension=dimension, sound=(transverse, longitudinal, density)
    )
    level = float(found["debye_level"])
    assert level * highest**dimension / dimension == pytest.approx(waves / degrees, rel=0.02)


def test_debye_density_of_a_scalar_network_is_that_of_its_effective_stiffness():
    network = open_dataset("network/nine-node", group="lattice")
    found = density_of_states(network, bins=[0.5, 1.5])
    assert float(found["debye"][0]) == pytest.approx(float(debye_density(1.0, 1.0)))
    assert found.attrs["dimension"] == 2


def test_sampled_spectra_and_curves_keep_their_points():
    spectrum = open_dataset("network/spectra", group="situation-2/delta-0.3")
    found = density_of_states(spectrum)
    np.testing.assert_allclose(found["density"], spectrum["density_of_states"].mean("sample"))
    assert total(found) == pytest.approx(1.0, abs=1e-3)
    curve = (found["frequency"].values, found["density"].values)
    np.testing.assert_array_equal(density_of_states(curve)["density"], found["density"])
    wide = density_of_states(curve, bins=np.linspace(0.0, 4.0, 9))
    assert total(wide) == pytest.approx(total(found), rel=1e-5)


def test_result_is_a_source_again():
    first = density_of_states(debye_spectra(8, 300, 5), bins=20, dimension=3, debye_level=3.0)
    again = density_of_states(first)
    np.testing.assert_allclose(again["density"], first["density"])
    assert float(again["debye_level"]) == 3.0


@pytest.mark.parametrize("samples", [1, 2, 6])
def test_intervals_cover_at_least_at_their_level(samples):
    """Independent modes: Poisson counts, few in the lowest bins."""
    edges, hits, trials = np.linspace(0.0, 1.0, 11), 0, 150
    truth = np.diff(edges**3) / np.diff(edges)
    for trial in range(trials):
        found = density_of_states(debye_spectra(samples, 200, (6, samples, trial)), bins=edges)
        hits += ((found["density_low"] <= truth) & (truth <= found["density_high"])).values.sum()
    assert 0.93 < hits / (trials * len(truth)) < 0.995


def test_intervals_see_that_samples_of_a_chain_are_alike():
    rows = np.repeat(debye_spectra(5, 200, 7), 8, axis=0)
    edges = np.linspace(0.0, 1.0, 6)
    alike = density_of_states(ensemble(rows, chain=("sample", np.repeat(np.arange(5), 8))), bins=edges)
    alone = density_of_states(rows, bins=edges)
    width, narrow = ((each["density_high"] - each["density_low"]).values for each in (alike, alone))
    assert (width > 2.0 * narrow).all()
    assert alike.attrs["groups"] == 5


def test_rigid_spectra_have_narrower_intervals_than_independent_modes():
    rows = np.sort((np.arange(300) + np.random.default_rng(8).random((10, 300))) / 300, axis=1)
    rigid = density_of_states(rows, bins=10)
    random = density_of_states(np.sort(np.random.default_rng(9).random((10, 300)), axis=1), bins=10)
    assert float((rigid["density_high"] - rigid["density_low"]).mean()) < 0.5 * float(
        (random["density_high"] - random["density_low"]).mean()
    )


def test_matrix_in_place_of_frequencies_is_named():
    with pytest.raises(NotApplicableError, match=r"dynamical matrix: bosonpeak\.vibrations"):
        density_of_states(np.diag([2.0, 1.0, 3.0]) - 0.1)


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ("theory/quasi-equilibrium", {}, "choose one: data.isel"),
        (([1.0, 2.0], [1.0, 2.0]), {}, "do not fit each other"),
        (([1.0, 2.0, 4.0, 3.0], [1.0] * 4), {}, "not sorted"),
        ([1.0, 2.0], {"bins": [2.0, 1.0]}, "not bins"),
        ([1.0, 2.0], {"smoothing": -1.0}, "below zero"),
        ([1.0, 2.0], {"degrees_of_freedom": 1}, "more modes than degrees"),
        ([1.0, 2.0], {"dimension": 4}, "dimension is not supported"),
        ([0.0, 0.0], {}, "no modes above zero"),
        ("null/power-laws/few/s-4", {}, "degrees_of_freedom="),
        ("limit/relaxation/taper-2/T-0.20", {}, "no density of states"),
    ],
)
def test_refusals_name_the_fault(data, options, message):
    with pytest.raises(NotApplicableError, match=message):
        density_of_states(data, **options)


def test_unstable_modes_are_refused():
    data = ensemble([[1.0, 2.0]], unstable_frequency=(("sample", "unstable_mode"), [[-1.0]]))
    with pytest.raises(NotApplicableError, match="1 mode of negative"):
        density_of_states(data)


def test_front_door_leads_to_the_validators():
    assert bosonpeak.density_of_states is density_of_states


def square_lattice(size):
    """Scalar square lattice of unit springs: matrix and eigenfrequencies."""
    ring = sparse.coo_array((np.ones(size), (np.arange(size), (np.arange(size) + 1) % size)), shape=(size, size))
    line = sparse.csr_array(2.0 * sparse.eye_array(size) - ring - ring.T)
    unit = sparse.eye_array(size)
    matrix = sparse.csr_array(sparse.kron(line, unit) + sparse.kron(unit, line))
    band = 4.0 * np.sin(np.pi * np.arange(size) / size) ** 2
    return matrix, np.sort(np.sqrt(band[:, None] + band).ravel())


@pytest.mark.parametrize("kind", ["matrix", "operator"])
def test_kernel_polynomials_of_a_matrix_agree_with_its_modes(kind):
    matrix, frequencies = square_lattice(40)
    system = matrix if kind == "matrix" else sparse.linalg.aslinearoperator(matrix)
    edges = np.linspace(0.0, 2.9, 15)  # no edge at the singularity
    found = density_of_states(system, bins=edges, moments=512, vectors=16)
    exact = density_of_states(frequencies, bins=edges)
    assert total(found) == pytest.approx(1.0 - 1.0 / 1600, abs=1e-6)
    # The singularity at omega = 2 and the shells are sharper than the kernel: a bin moves up to a shell of modes.
    assert found["density"].values == pytest.approx(exact["density"].values, abs=0.05)
    assert found.attrs["groups"] == 16


def test_zero_modes_of_an_operator_are_found_with_one_or_more_components():
    """Their weight would be in the lowest bin: 1/64 of the scalar modes, 2/128 of the vectors."""
    scalar, _ = square_lattice(8)
    vector = sparse.csr_array(sparse.kron(scalar, sparse.eye_array(2)))
    for matrix in (scalar, vector):
        found = density_of_states(matrix, dimension=2, bins=[0.0, 0.4, 3.0], moments=512)
        assert float(found["density"][0]) * 0.4 < 0.2 / 64
        assert total(found) == pytest.approx(1.0 - 1.0 / 64, abs=1e-6)


def test_boson_peak_of_an_operator_and_its_refusal_of_unstable_ones():
    matrix, _ = square_lattice(30)
    assert np.isnan(boson_peak(matrix, dimension=2).value)
    with pytest.raises(NotApplicableError, match="negative eigenvalues"):
        density_of_states(sparse.csr_array(matrix - sparse.eye_array(900)))


def diatomic_chain(cells, light, heavy):
    """Mass-weighted matrix of a ring of unit springs between two masses in turn, and its frequencies in closed form."""
    masses = np.tile([light, heavy], cells)
    ring = np.arange(2 * cells)
    springs = sparse.coo_array((np.ones(2 * cells), (ring, (ring + 1) % (2 * cells))), shape=(2 * cells, 2 * cells))
    matrix = 2.0 * sparse.eye_array(2 * cells) - springs - springs.T
    inverse = sparse.diags_array(masses**-0.5)
    total, product = 1.0 / light + 1.0 / heavy, light * heavy
    wave = np.sin(np.pi * np.arange(cells) / cells) ** 2
    root = np.sqrt(np.maximum(total**2 - 4.0 * wave / product, 0.0))
    frequencies = np.sqrt(np.concatenate([total - root, total + root]).clip(0.0))
    return sparse.csr_array(inverse @ matrix @ inverse), masses, np.sort(frequencies)


def test_translations_of_unequal_masses_are_projected_out():
    """The lowest bin of a diatomic ring has no mode, and all bins the modes of the dispersion relation but one."""
    matrix, masses, frequencies = diatomic_chain(20, 1.0, 3.0)
    edges = np.array([0.0, 0.6 * frequencies[1], 0.95, 1.05, 1.7])  # the gap is from sqrt(2/3) to sqrt(2)
    exact = np.histogram(frequencies[1:], edges)[0] / len(frequencies) / np.diff(edges)
    options = {"bins": edges, "moments": 2048, "vectors": 400}
    found = density_of_states(matrix, masses=masses, **options)
    np.testing.assert_allclose(found["density"], exact, atol=0.02 * exact.max())
    assert found["density"].values[0] * edges[1] < 1e-3 / len(frequencies)
    kept = density_of_states(matrix, **options)
    assert kept["density"].values[0] * edges[1] == pytest.approx(1.0 / len(frequencies), rel=0.2)
    operator = density_of_states(aslinearoperator(matrix), masses=masses, **(options | {"vectors": 8}))
    assert operator["density"].values[0] * edges[1] < 1e-3 / len(frequencies)


def test_masses_that_do_not_fit_are_refused():
    matrix, masses, frequencies = diatomic_chain(6, 1.0, 3.0)
    for wrong, message in (
        (masses[::-1], "a translation of particles of these masses costs energy"),
        (masses[:5], r"they do not match the particles[\s\S]*12 positive numbers[\s\S]*shape \(5,\)"),
        (-masses, "not all of them positive"),
    ):
        with pytest.raises(NotApplicableError, match=message):
            density_of_states(matrix, masses=wrong)
    with pytest.raises(NotApplicableError, match="only an operator needs them"):
        density_of_states(frequencies, masses=masses)


@pytest.mark.parametrize("kind", ["DataArray", "Dask", "data frame"])
def test_labelled_and_lazy_frequencies_are_arrays_and_not_operators(kind):
    import dask.array

    values = np.sort(np.random.default_rng(3).random((30, 30)), axis=1)
    labelled = xr.DataArray(values, dims=("sample", "mode"))
    given = {
        "DataArray": labelled,
        "Dask": dask.array.from_array(values, chunks=10),
        "data frame": labelled.to_pandas(),
    }
    assert density_of_states(given[kind], bins=5).identical(density_of_states(values, bins=5))
