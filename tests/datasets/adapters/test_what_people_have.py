"""Spectra as people hold them: units in headers, flat arrays with offsets, NaN at the end of rows, misspelt roles."""

import numpy as np
import pytest

from bosonpeak.datasets.adapters.readers import read_frequencies
from bosonpeak.datasets.adapters.spectra.raw_spectra import role_of, unit_of
from bosonpeak.datasets.errors import CardError, ForeignInputError, NotApplicableError
from bosonpeak.validators.glasses.mechanical_soundness import mechanics
from bosonpeak.validators.levels.spacing_statistics import level_statistics
from bosonpeak.validators.power_laws.exponent_s import exponent
from bosonpeak.validators.spectra.density_of_states import modes_in_window

ROWS = np.sort(np.random.default_rng(2).uniform(0.5, 9.0, (3, 6)), axis=1)


def long_table(path, header, values=ROWS):
    lines = [header]
    lines += [f"{s} {m} {value!r}" for s, row in enumerate(values.tolist()) for m, value in enumerate(row)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("freq_THz", "THz"),
        ("frequency (THz)", "THz"),
        ("omega [rad/ps]", "rad/ps"),
        ("omega_rad_per_ps", "rad/ps"),
        ("freq[cm-1]", "1/cm"),
        ("energy_meV", "meV"),
        ("nu/Hz", "Hz"),
        ("omega", ""),
    ],
)
def test_a_unit_in_a_name_is_seen(name, unit):
    assert (role_of(name), unit_of(name)) == ("frequency", unit)


@pytest.mark.parametrize("name", ["thz", "omega_max", "sample_THz", "frequency_error"])
def test_what_names_no_frequency_has_no_unit(name):
    assert unit_of(name) == ""


@pytest.mark.parametrize(
    ("header", "factor"),
    [
        ("freq_THz", 2.0 * np.pi),
        ("omega_rad/ps", 1.0),
        ("freq_cm-1", 2.0 * np.pi * 0.0299792458),
        ("E_meV", 1.519267447),
    ],
)
def test_a_column_in_thz_is_no_angular_frequency(header, factor, tmp_path):
    found = read_frequencies(long_table(tmp_path / "x.txt", f"sample mode {header}"), {})
    np.testing.assert_allclose(found["eigenfrequency"].values, factor * ROWS, rtol=1e-8)
    assert found["eigenfrequency"].attrs["units"] == "rad/ps"
    assert ("brought to rad/ps" in found.attrs["input_warnings"]) == (factor != 1.0)


def test_a_factor_of_2_pi_is_taken_once(tmp_path):
    path = long_table(tmp_path / "x.txt", "sample mode freq_THz")
    found = read_frequencies(path, {"quantity": "frequency_over_2pi"})
    np.testing.assert_allclose(found["eigenfrequency"].values, 2.0 * np.pi * ROWS, rtol=1e-12)


def test_an_array_whose_name_has_a_unit(tmp_path):
    np.savez(tmp_path / "x.npz", freq_THz=ROWS)
    found = read_frequencies(tmp_path / "x.npz", {})
    np.testing.assert_allclose(found["eigenfrequency"].values, 2.0 * np.pi * ROWS, rtol=1e-12)


def test_a_single_column_with_a_unit(tmp_path):
    (tmp_path / "x.csv").write_text("freq_THz\n" + "".join(f"{value!r}\n" for value in ROWS[0].tolist()))
    found = read_frequencies(tmp_path / "x.csv", {})
    np.testing.assert_allclose(found["eigenfrequency"].values, 2.0 * np.pi * ROWS[:1], rtol=1e-12)


@pytest.mark.parametrize("last", [True, False])
def test_flat_arrays_are_cut_by_their_offsets(last, tmp_path):
    lengths = (6, 2, 4)
    flat = np.concatenate([row[:length] for row, length in zip(ROWS, lengths, strict=True)])
    offsets = np.r_[0, np.cumsum(lengths)]
    np.savez(tmp_path / "x.npz", omega=flat, offsets=offsets if last else offsets[:-1])
    found = read_frequencies(tmp_path / "x.npz", {})
    assert found["mode_count"].values.tolist() == list(lengths)
    np.testing.assert_array_equal(found["eigenfrequency"].values[1, :2], ROWS[1, :2])


@pytest.mark.parametrize("offsets", [[1, 3], [0, 5, 3], [0, 19], [0.0, 3.0], [[0, 3]]])
def test_offsets_that_cut_nothing_are_refused(offsets, tmp_path):
    np.savez(tmp_path / "x.npz", omega=ROWS.ravel(), offsets=np.array(offsets))
    with pytest.raises(ForeignInputError, match="offsets"):
        read_frequencies(tmp_path / "x.npz", {})


def test_rows_may_end_in_nan_and_hold_none_before(tmp_path):
    padded = ROWS.copy()
    padded[1, 3:] = np.nan
    np.save(tmp_path / "x.npy", padded)
    found = read_frequencies(tmp_path / "x.npy", {})
    assert found["mode_count"].values.tolist() == [6, 3, 6]
    np.testing.assert_array_equal(found["eigenfrequency"].values, padded)
    assert "rows of 1 samples end in NaN" in found.attrs["input_warnings"]
    padded[2, 1] = np.nan
    np.save(tmp_path / "y.npy", padded)
    with pytest.raises(ForeignInputError, match="not finite"):
        read_frequencies(tmp_path / "y.npy", {})


def test_a_misspelt_role_is_named(tmp_path):
    path = long_table(tmp_path / "x.txt", "a b c")
    with pytest.raises(CardError, match="frequncy") as caught:
        read_frequencies(path, {"columns": ["sample", "mode", "frequncy"]})
    assert "frequency" in str(caught.value)
    found = read_frequencies(path, {"columns": ["sample", "b", "frequency"]})
    assert "columns not used: 2 (b)" in found.attrs["input_warnings"]


def test_coordination_numbers_lie_beside_the_frequencies_of_networks(tmp_path):
    springs = np.full((3, 7), 4)
    np.savez(tmp_path / "x.npz", omega=ROWS, coordination_number=springs)
    found = read_frequencies(tmp_path / "x.npz", {})
    np.testing.assert_array_equal(found["coordination_number"].values, springs)
    np.savez(tmp_path / "y.npz", omega=ROWS, coordination_number=springs[:2])
    with pytest.raises(ForeignInputError, match="coordination_number does not fit"):
        read_frequencies(tmp_path / "y.npz", {})


def test_a_sample_without_a_mode_below_where_the_lists_end_is_honest(tmp_path):
    np.savez(tmp_path / "x.npz", omega=ROWS.ravel(), offsets=np.array([0, 6, 6, 12]))
    found = read_frequencies(tmp_path / "x.npz", {})
    np.testing.assert_array_equal(found["mode_count"].values, [6, 0, 6, 6])
    assert np.isnan(found["eigenfrequency"].values[1]).all()
    np.savez(tmp_path / "y.npz", omega=np.empty(0), offsets=np.array([0, 0]))
    with pytest.raises(ForeignInputError):
        read_frequencies(tmp_path / "y.npz", {})


def test_several_faults_are_told_at_once(tmp_path):
    rows = ROWS.copy()
    rows[0, 2], rows[1, 0], rows[2] = np.inf, -3.0, rows[2, ::-1]
    np.save(tmp_path / "x.npy", rows)
    with pytest.raises(ForeignInputError) as refused:
        read_frequencies(tmp_path / "x.npy", {})
    for word in ("not finite", "negative frequencies", "unsorted modes", "sample 0", "sample 1", "sample 2"):
        assert word in str(refused.value)


UNSTABLE = np.array([[-0.5, -0.2, 0.0, 0.0, 0.0, 1.0, 3.0], [0.0, 0.0, 0.0, 0.8, 1.0, 2.0, 3.0]])


@pytest.mark.parametrize("sample", [0, 1])
def test_imaginary_modes_are_printed_as_negative_frequencies_and_kept_apart(tmp_path, sample):
    below = np.array([[-0.5, -0.2], [np.nan, np.nan]])
    long_table(tmp_path / "x.dat", "sample mode freq_THz", UNSTABLE)
    np.savez(tmp_path / "x.npz", eigenvalue=np.sign(UNSTABLE) * UNSTABLE**2)
    np.save(tmp_path / "x.npy", UNSTABLE)
    for name, card, unit in (("x.dat", {}, 2.0 * np.pi), ("x.npz", {}, 1.0), ("x.npy", {"quantity": "frequency"}, 1.0)):
        found = read_frequencies(tmp_path / name, card)
        np.testing.assert_allclose(found["unstable_frequency"].values, unit * below, rtol=1e-14)
        np.testing.assert_array_equal(found["mode_count"].values, [5, 7])
        stable = UNSTABLE[sample][UNSTABLE[sample] >= 0.0]
        np.testing.assert_allclose(found["eigenfrequency"].values[sample, : stable.size], unit * stable, rtol=1e-14)
        assert "2 unstable modes (omega^2 < 0) in 1 of 2 samples" in found.attrs["input_warnings"]
        assert mechanics(found).smallest_eigenvalue.value == pytest.approx(-((0.5 * unit) ** 2))
        with pytest.raises(NotApplicableError, match="unstable mode"):
            exponent(found, first_phonon=1.0)
        with pytest.raises(NotApplicableError, match="unstable modes"):
            modes_in_window(found, low=0.0, high=1.0)


def test_one_unstable_mode_is_counted_as_one(tmp_path):
    np.save(tmp_path / "x.npy", UNSTABLE[:1, 1:])
    found = read_frequencies(tmp_path / "x.npy", {"quantity": "frequency"})
    assert "1 unstable mode (omega^2 < 0) in 1 of 1 sample, kept" in found.attrs["input_warnings"]
    with pytest.raises(NotApplicableError, match="1 mode of negative"):
        modes_in_window(found, low=0.0, high=1.0)


def test_numbers_of_modes_stay_beside_their_modes(tmp_path):
    ratio = np.linspace(0.1, 0.7, 14).reshape(2, 7)
    np.savez(tmp_path / "x.npz", omega=UNSTABLE, participation_ratio=ratio)
    found = read_frequencies(tmp_path / "x.npz", {})["participation_ratio"].values
    np.testing.assert_array_equal(found[0, :5], ratio[0, 2:])
    np.testing.assert_array_equal(found[1], ratio[1])


def test_levels_around_zero_are_levels_in_a_file_too(tmp_path):
    matrices = np.random.default_rng(4).standard_normal((60, 100, 100))
    levels = np.linalg.eigvalsh(matrices + matrices.transpose(0, 2, 1))
    np.savez(tmp_path / "x.npz", eigenvalue=np.sign(levels) * levels**2)
    found = level_statistics(read_frequencies(tmp_path / "x.npz", {}), part="middle", count=40)
    assert found.against_goe.value == pytest.approx(
        level_statistics(levels, part="middle", count=40).against_goe.value, rel=1e-6
    )


def test_signed_levels_are_levels():
    matrices = np.random.default_rng(4).standard_normal((60, 100, 100))
    levels = np.linalg.eigvalsh(matrices + matrices.transpose(0, 2, 1))
    assert level_statistics(levels, part="middle").goe_likeness.value == pytest.approx(1.0, abs=0.1)
