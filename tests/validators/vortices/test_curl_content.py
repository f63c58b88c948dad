import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.nulls.displacement_fields import (
    as_modes,
    breathing_patch,
    degenerate_waves,
    gaussian_fields,
    point_vortices,
    rotating_patch,
    white_fields,
)
from bosonpeak.validators.displacement_fields.particle_fields import kernel_transfer
from bosonpeak.validators.vortices.curl_content import vorticity, vorticity_of_ensemble


def even(dimension, size, seed):
    """Points as evenly spread as those of a liquid: a lattice, shaken."""
    axes = np.meshgrid(*[np.arange(size) + 0.5] * dimension, indexing="ij")
    lattice = np.stack([axis.ravel() for axis in axes], axis=1)
    return np.mod(lattice + np.random.default_rng(seed).normal(0.0, 0.15, lattice.shape), size), np.full(
        dimension, size
    )


SETS = {2: even(2, 20, 1), 3: even(3, 8, 2)}


def nulls(places, box):
    dimension, middle = len(box), 0.5 * box
    quarter = np.full((2, 2), 0.25) * box[:2] * [[1.0, 1.0], [3.0, 3.0]]
    return {
        "superposed transverse waves": (degenerate_waves(box, 5, 3).at(places), 1.0),
        "superposed longitudinal waves": (degenerate_waves(box, 5, 4, polarisation="longitudinal").at(places), 0.0),
        "irrotational": (gaussian_fields(box, 5, 5, correlation_length=1.0, transverse_share=0.0).at(places), 0.0),
        "without divergence": (
            gaussian_fields(box, 5, 6, correlation_length=1.0, transverse_share=1.0).at(places),
            1.0,
        ),
        "rotating patch": (rotating_patch(places, box, middle, 2.8, axis=[1.0, 2.0, 3.0])[None], 1.0),
        "smooth rotating patch": (rotating_patch(places, box, middle, 1.0, profile="gaussian")[None], 1.0),
        "breathing patch": (breathing_patch(places, box, middle, 2.8)[None], 0.0),
        "vortices": (point_vortices(box, quarter, [1.0, -1.0], core=0.8).at(places), 1.0),
        "no field": (white_fields(len(places), dimension, 30, 7), (dimension - 1.0) / dimension),
    }


@pytest.mark.parametrize("dimension", [2, 3])
def test_each_null_comes_out_as_what_it_is(dimension):
    places, box = SETS[dimension]
    for name, (fields, truth) in nulls(places, box).items():
        found = vorticity(places, as_modes(fields), box)
        scatter = found.curl_content.std() if name == "no field" else 0.0
        assert (np.abs(found.curl_content - truth) < 3.0 * np.hypot(found.error, scatter)).all(), name
        assert (np.abs(found.local_curl_content - truth) < 3.0 * np.hypot(found.error, scatter) + 0.02).all(), name
        if name == "no field":
            assert abs(found.curl_content.mean() - truth) < 4.0 * scatter / np.sqrt(len(fields))
        else:
            assert found.error.max() < 0.06, name


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_errors_cover_the_exact_curl_content(dimension, share):
    places, box = SETS[dimension]
    field = gaussian_fields(box, 40, 8, correlation_length=0.6, transverse_share=share)
    found = vorticity(places, field.at(places), box)
    truth = field.curl_content(lambda k: kernel_transfer(k, found.radius, dimension) ** 2)
    deviation = (found.curl_content - truth) / found.error
    assert np.mean(np.abs(deviation) < 2.0) > 0.85
    # Not by being wide: the content of single fields is distinguished.
    if share == 0.5:
        assert np.corrcoef(found.curl_content, truth)[0, 1] > 0.95
        assert found.error.max() < 0.06


def test_both_methods_see_the_same_smoothed_field():
    places, box = SETS[2]
    low = degenerate_waves(box, 20, 9).at(places)
    high = degenerate_waves(box, 20, 10, shell=12, polarisation="longitudinal").at(places)
    found = vorticity(places, low + high, box)
    bare = vorticity(places, low + high, box, radius=1.5)
    assert np.abs(found.method_difference).max() < 0.02
    assert found.curl_content.mean() > bare.curl_content.mean() + 0.05
    assert found.transverse_fraction == pytest.approx(bare.transverse_fraction)


def test_curl_content_has_no_frame_and_no_scale():
    places, box = SETS[3]
    field = gaussian_fields(box, 3, 11, correlation_length=0.7, transverse_share=0.5).at(places)
    found = vorticity(places, field, box, probes=0)
    for other in (
        vorticity(places + np.array([0.3, 5.0, -9.0]), -3.0 * field + 7.0, box, probes=0),
        vorticity(places[:, [2, 0, 1]], field[..., [2, 0, 1]], box, probes=0),
        vorticity(3.0 * places * [1, -1, 1], field * [1, -1, 1], 3.0 * box, probes=0),
    ):
        assert other.curl_content == pytest.approx(found.curl_content, abs=1e-9)
        assert other.local_curl_content == pytest.approx(found.local_curl_content, abs=1e-9)
    assert np.isnan(found.aliasing_error).all()
    assert np.isfinite(found.error).all()


def test_particles_show_the_rotation_of_their_patch():
    places, box = SETS[3]
    axis = np.array([1.0, -2.0, 2.0]) / 3.0
    found = vorticity(
        places, rotating_patch(places, box, box / 2.0, 3.9, axis=axis), box, radius=2.5, per_particle=True
    )
    inside = np.linalg.norm(places - box / 2.0, axis=1) < 1.4
    assert np.allclose(found.local.vorticity[0, inside], axis, atol=1e-10)
    assert found.unfitted == 0
    assert vorticity(places, places, box, radius=2.5).local is None


def test_rattlers_can_be_left_out():
    places, box = SETS[2]
    field = degenerate_waves(box, 2, 12).at(places)
    rattling = np.arange(len(places)) % 37 == 5
    spoilt = np.where(rattling[:, None], 50.0, field)
    assert (vorticity(places, spoilt, box).curl_content < 0.9).all()
    found = vorticity(places, spoilt, box, left_out=rattling, per_particle=True)
    assert found.curl_content == pytest.approx(1.0, abs=1e-10)
    assert np.array_equal(np.isnan(found.local.vorticity[0]), rattling)


def glass():
    generator = np.random.default_rng(13)
    places, box = SETS[3]
    modes = as_modes(np.stack([degenerate_waves(box, 4, seed).at(places) for seed in (14, 15)]))
    return xr.Dataset(
        {
            "position": (("configuration", "particle", "axis"), np.stack([places, places])),
            "eigenvector": (("configuration", "low_mode", "particle", "axis"), modes.astype(np.float32)),
            "box": ("axis", box.astype(float)),
            "configuration_index": ("configuration", np.array([2, 0])),
            "eigenfrequency": (("sample", "mode"), np.sort(generator.random((3, 9)), axis=1)),
            "first_phonon": ("sample", np.array([1.0, 2.0, 4.0])),
            "chain": ("sample", np.array([5, 6, 7])),
        }
    )


def test_an_ensemble_is_measured_by_configuration_and_mode():
    dataset = glass()
    found = vorticity_of_ensemble(dataset, modes=3)
    assert found["curl_content"].dims == ("configuration", "low_mode")
    assert found["curl_content"].shape == (2, 3)
    assert found["curl_content"].values == pytest.approx(1.0, abs=1e-5)
    assert found["chain"].values.tolist() == [7, 5]
    frequency = dataset["eigenfrequency"].values[[2, 0], :3]
    assert np.array_equal(found["eigenfrequency"].values, frequency)
    assert np.array_equal(found["reduced_frequency"].values, frequency / [[4.0], [1.0]])
    assert np.all(found["independent_waves"] > 1.0)
    assert found.attrs["waves"] > 100
    single = vorticity(dataset["position"].values[1], dataset["eigenvector"].values[1, :3], dataset["box"].values)
    assert np.array_equal(found["curl_content_error"].values[1], single.error)


def test_an_ensemble_without_modes_is_refused():
    with pytest.raises(NotApplicableError, match="no eigenvector"):
        vorticity_of_ensemble(glass().drop_vars("eigenvector"))
    with pytest.raises(NotApplicableError, match="no eigenvectors are stored"):
        vorticity_of_ensemble(glass().isel(configuration=slice(0)))
