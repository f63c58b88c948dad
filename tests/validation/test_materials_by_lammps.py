"""Materials by LAMMPS: published constants of silicon, an independent analytic Hessian, and a small glass."""

import ctypes

import numpy as np
import pytest

from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.materials.harmonic_material import GIGAPASCAL, harmonic_material
from bosonpeak.generators.materials.lammps_solid import lammps_solid
from bosonpeak.generators.sample_generators.materials import MaterialGlasses
from bosonpeak.validators import boson_peak

pytestmark = pytest.mark.peers

EDGE = 5.431
BASIS = np.array([[0, 0, 0], [0, 2, 2], [2, 0, 2], [2, 2, 0], [1, 1, 1], [1, 3, 3], [3, 1, 3], [3, 3, 1]]) / 4.0


@pytest.fixture(scope="module")
def diamond():
    pytest.importorskip("lammps")
    corners = np.stack(np.meshgrid(*[range(2)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    places = ((corners + BASIS) * EDGE).reshape(-1, 3)
    with lammps_solid("stillinger-weber", 64, 1) as solid:
        sides = " ".join(f"{axis} final 0.0 {2 * EDGE}" for axis in "xyz")
        solid.run(f"change_box all {sides} units box")
        solid._lammps.scatter_atoms("x", 1, 3, (ctypes.c_double * 192)(*places.ravel()))
        solid.minimise(1e-9)
        yield solid


def test_silicon_has_its_published_energy_and_elastic_constants(diamond):
    # H. Balamane, T. Halicioglu and W. A. Tiller, Physical Review B 46, 2250 (1992): energy, C11, C12, C44.
    assert diamond.energy / 64 == pytest.approx(-4.3366, abs=1e-4)
    hessian = diamond.hessian(1e-4)
    assert np.abs(hessian - hessian.T).max() < 1e-7
    found = harmonic_material(
        (hessian + hessian.T) / 2.0, diamond.masses, *diamond.strain_derivatives(1e-5), diamond.side**3
    )
    constants = found.stiffness * GIGAPASCAL
    assert constants[[0, 1, 2], [0, 1, 2]] == pytest.approx(151.4, abs=0.1)
    assert constants[0, 1] == pytest.approx(76.4, abs=0.1)
    assert constants[[3, 4, 5], [3, 4, 5]] == pytest.approx(56.4, abs=0.1)
    # The optical mode at the centre of the zone.
    assert found.frequencies[-1] / (2.0 * np.pi) == pytest.approx(17.83, abs=0.01)


def test_strains_leave_the_solid_as_it_was(diamond):
    before = diamond.side, diamond.positions
    diamond.strain_derivatives(1e-4)
    assert diamond.side == pytest.approx(before[0], rel=1e-13)
    np.testing.assert_allclose(diamond.positions, before[1], atol=1e-12)


def test_the_relaxed_constant_is_the_one_of_a_strained_and_minimised_solid(diamond):
    strain, stresses = 1e-4, []
    diamond.run("change_box all triclinic")
    for signed in (strain, -strain):
        diamond._strain((1, 2), signed)
        diamond.run("minimize 0 1e-10 10000 100000")
        stresses.append(diamond.stress()[3])
        diamond._strain((1, 2), -signed)
        diamond.run("minimize 0 1e-10 10000 100000")
    assert (stresses[0] - stresses[1]) / (2.0 * strain) * GIGAPASCAL == pytest.approx(56.45, abs=0.01)


def test_a_glass_is_a_minimum_and_matscipy_has_the_same_matrix():
    matscipy = pytest.importorskip("matscipy.calculators.manybody")
    potentials = pytest.importorskip("matscipy.calculators.manybody.explicit_forms.stillinger_weber")
    ase = pytest.importorskip("ase")
    generator = MaterialGlasses()
    parameters = generator.check(
        {
            "atoms": 64,
            "rate": 200.0,
            "melt_duration": 2.0,
            "cooling_force_field": "stillinger-weber-amorphous",
            "linewidth": 1.0,
            "eigenvectors": 5,
            "configurations": 1,
        }
    )
    glass = generator.sample(parameters, np.random.SeedSequence(5))
    assert glass["eigenfrequency"].shape == (189,)
    assert glass["eigenfrequency"][0] > 0.0
    assert glass["residual_force"] <= parameters["force_tolerance"]
    assert abs(glass["stress"][:3].mean()) < 1e-3
    data = generator.assemble(parameters, [glass])
    assert data["coordination_number"].mean() == pytest.approx(4.0, abs=0.3)
    assert data["lowest_eigenvector"].dims == ("configuration", "low_mode", "particle", "axis")
    assert data["highest_eigenvector"].shape == (1, 5, 64, 3)
    participation = 1.0 / (64.0 * ((data["highest_eigenvector"].astype(float) ** 2).sum("axis") ** 2).sum("particle"))
    np.testing.assert_allclose(participation[0], data["participation_ratio"][0, -5:], rtol=5e-3)
    assert (data["mode_diffusivity"] >= 0.0).all()
    atoms = ase.Atoms("Si64", positions=glass["position"], cell=glass["box"], pbc=True)
    atoms.calc = matscipy.Manybody(**potentials.StillingerWeber(potentials.Stillinger_Weber_PRB_31_5262_Si))
    matrix = atoms.calc.get_property("hessian", atoms).toarray()
    values = np.linalg.eigvalsh((matrix + matrix.T) / 2.0)[3:]
    expected = np.sqrt(values / atoms.get_masses()[0]) * 98.2269475
    expected *= np.sqrt(atoms.get_masses()[0] / 28.0855)
    np.testing.assert_allclose(glass["eigenfrequency"], expected, rtol=1e-5)


def test_stored_silicon_has_the_frequencies_and_the_boson_peak_of_matscipy(data_release):
    matscipy = pytest.importorskip("matscipy.calculators.manybody")
    potentials = pytest.importorskip("matscipy.calculators.manybody.explicit_forms.stillinger_weber")
    ase = pytest.importorskip("ase")
    stored = open_dataset("material/silicon-with-eigenvectors/N-216").isel(sample=slice(3))
    calculator = matscipy.Manybody(**potentials.StillingerWeber(potentials.Stillinger_Weber_PRB_31_5262_Si))
    rows = []
    for sample in range(stored.sizes["sample"]):
        atoms = ase.Atoms("Si216", positions=stored["position"][sample], cell=stored["box"][sample], pbc=True)
        matrix = calculator.get_property("hessian", atoms).toarray()
        values = np.linalg.eigvalsh((matrix + matrix.T) / 2.0)[3:]
        rows.append(np.sqrt(values / 28.0855) * 98.2269475)
    np.testing.assert_allclose(stored["eigenfrequency"], rows, rtol=2e-5)
    # An independent curve: Gaussians of equal width in the logarithm, over omega squared.
    places = np.geomspace(8.0, 45.0, 300)
    apart = (np.log(places)[:, None] - np.log(np.concatenate(rows))) / 0.1
    reduced = np.exp(-0.5 * apart**2).sum(axis=1) / places**3
    found = boson_peak(stored)
    assert found.low <= places[reduced.argmax()] <= found.high


def test_a_wrong_composition_is_refused():
    pytest.importorskip("lammps")
    with pytest.raises(RecipeError, match="1 : 2"), lammps_solid("vashishta-1994", 100, 1):
        pass
