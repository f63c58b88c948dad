"""Current correlations of glasses against the modes of the same glass."""

import numpy as np
import pytest

from bosonpeak.datasets import validate
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.generators.glasses.hessian import hessian_of_interactions
from bosonpeak.generators.sample_generators.current_correlations import GlassCurrents, particle_waves

GENERATOR = GlassCurrents()
PARAMETERS = {
    "particles": 216,
    "sweeps": 20,
    "wave_indices": [1, 3],
    "axes": 3,
    "moments": 2048,
    "highest_frequency": 40.0,
    "frequency_step": 0.25,
}


def test_spectra_are_those_of_the_modes():
    parameters, seed = GENERATOR.check(PARAMETERS), np.random.SeedSequence(5)
    sample = GENERATOR.sample(parameters, seed)
    glass, _ = GENERATOR._glass(parameters, seed)
    squared, modes = np.linalg.eigh(hessian_of_interactions(glass.interactions).toarray())
    omega = np.sqrt(np.abs(squared))
    waves = particle_waves(glass.positions, 6.0, [1, 3], 3).reshape(3, 2, 3, -1)
    weights = np.mean((waves @ modes) ** 2, axis=0)
    edges = np.array([0.0, 3.0, 6.0, 12.0, 20.0, 40.0])
    for name, expected in (
        ("longitudinal_current_correlation", weights[:, 0]),
        ("current_correlation", weights[:, 1:].mean(axis=1)),
    ):
        cumulated = np.concatenate([[[0.0]] * 2, np.cumsum(sample[name], axis=1) * 0.25], axis=1)
        found = cumulated[:, np.round(edges / 0.25).astype(int)]
        counted = np.stack([[row[omega < edge].sum() for edge in edges] for row in expected])
        np.testing.assert_allclose(found, counted, atol=0.03)
    data = GENERATOR.assemble(parameters, [sample])
    validate(
        data.assign_attrs(
            provenance_attributes(
                kind="current-correlation",
                title="a test",
                summary="a test",
                created="2026-11-22",
                licence="CC-BY-4.0",
                source="a test",
                recipe="test",
                seed=5,
            )
        )
    )
    assert data["shear_modulus"].item() == pytest.approx(data["sound_speed"].item() ** 2)


def test_impossible_glasses_are_refused():
    with pytest.raises(RecipeError, match="density"):
        GENERATOR.check(PARAMETERS | {"particles": 20})
    with pytest.raises(RecipeError, match="axes"):
        GENERATOR.check(PARAMETERS | {"axes": 4})
