"""Current correlations on a grid: the crystal's dispersion, and the modes of a disordered network."""

import numpy as np
import pytest

from bosonpeak.datasets import validate
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.generators.media.bloch_bands import plane_wave_lines
from bosonpeak.generators.networks.dynamical_matrix import laplacian
from bosonpeak.generators.sample_generators.current_correlations import (
    ElasticMediumCurrents,
    SpringNetworkCurrents,
    axis_waves,
)
from bosonpeak.generators.sample_generators.spring_networks import network_of

NETWORK = SpringNetworkCurrents()
PROVENANCE = provenance_attributes(
    kind="current-correlation",
    title="a test",
    summary="a test",
    created="2026-11-22",
    licence="CC-BY-4.0",
    source="a test",
    recipe="test",
    seed=7,
)


def made(generator, parameters, samples=1):
    checked = generator.check(parameters)
    seeds = np.random.SeedSequence(7).spawn(samples)
    data = generator.assemble(checked, [generator.sample(checked, seed) for seed in seeds])
    validate(data.assign_attrs(PROVENANCE))
    return data


def test_a_crystal_shows_one_line_a_wave_at_its_own_frequency():
    data = made(NETWORK, {"size": 40, "wave_indices": [1, 5, 13], "moments": 1024})
    place = data["frequency"].values[data["current_correlation"].values[0].argmax(axis=1)]
    np.testing.assert_allclose(place, 2.0 * np.sin(0.5 * data["wavenumber"].values), atol=0.011)
    assert data["sound_speed"].item() == pytest.approx(1.0)
    np.testing.assert_allclose(data["current_correlation"].sum("frequency") * 0.01, 1.0, atol=5e-3)


def test_a_disordered_network_shows_its_modes():
    parameters = NETWORK.check({"size": 14, "situation": 2, "displacement": 0.3, "wave_indices": [2], "moments": 4096})
    seed = np.random.SeedSequence(3)
    found = NETWORK.sample(parameters, seed)["current_correlation"][0]
    network = network_of(parameters, seed)
    squared, modes = np.linalg.eigh(laplacian(network.bonds, network.stiffness, network.node_count).toarray())
    waves = [axis_waves((14, 14), axis, [2])[0] for axis in range(2)]
    weights = np.mean([(wave @ modes) ** 2 for wave in waves], axis=0)
    for low, high in ((0.0, 0.7), (0.7, 1.1), (1.1, 2.0)):
        inside = (np.sqrt(np.abs(squared)) > low) & (np.sqrt(np.abs(squared)) < high)
        assert found[round(low / 0.01) : round(high / 0.01)].sum() * 0.01 == pytest.approx(
            weights[inside].sum(), abs=0.03
        )


def test_a_layered_medium_obeys_bloch():
    """A wave along the layers' normal has its weight at the band's frequency."""
    parameters = {"size": 24, "waves_per_box": 3, "modulation": "plane-wave", "contrast": 0.9, "wave_indices": [1]}
    data = made(ElasticMediumCurrents(), parameters | {"moments": 1024, "axes": 1}, samples=2)
    unit = 2.0 * np.pi * 3 / 24
    assert data["modulation_wavenumber"].values == pytest.approx([unit, unit])
    lines, weights = plane_wave_lines(1.0 / 3.0, 0.0, 0.9, harmonics=40)
    spectrum = data["current_correlation"].mean("sample").values[0]
    for line, weight in sorted(zip(lines, weights, strict=True), key=lambda pair: -pair[1])[:2]:
        near = np.abs(data["frequency"].values - line * unit) < 0.05 * line * unit + 0.02
        assert spectrum[near].sum() * 0.01 == pytest.approx(weight, abs=0.03)


def test_impossible_waves_are_refused():
    with pytest.raises(RecipeError, match="wave_indices"):
        NETWORK.check({"size": 40, "wave_indices": [0, 3]})
    with pytest.raises(RecipeError, match="moments"):
        NETWORK.check({"size": 40, "moments": 3})
