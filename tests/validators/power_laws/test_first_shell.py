import numpy as np
import pytest

from bosonpeak.datasets import open_dataset
from bosonpeak.validators import exponent
from bosonpeak.validators.power_laws.gates import missing_shell, modes_at_first_phonon

GLASSES = (
    "glass/taper-2/T-1.00",
    "glass/taper-2/T-0.15",
    "glass/taper-inf/T-0.20",
    "glass/level-statistics/T-1.00",
    "glass/lennard-jones/tapered",
    "glass/lennard-jones/hard",
    "glass/kob-andersen/T-0.6",
)


def opened(name):
    family, dataset, group = name.split("/", 2)
    stored = open_dataset(f"{family}/{dataset}", group=group)
    return stored["eigenfrequency"].values, stored["first_phonon"].values


@pytest.mark.parametrize("name", GLASSES)
def test_right_frequencies_have_their_shell_and_mistaken_ones_do_not(name):
    frequency, first_phonon = opened(name)
    assert 20 <= modes_at_first_phonon(frequency, first_phonon) <= 25
    assert missing_shell(frequency, first_phonon, 3) == ""
    squared = missing_shell(frequency**2, first_phonon, 3)
    assert "their roots have" in squared
    assert "root was not taken" in squared
    assert modes_at_first_phonon(frequency**2, first_phonon) < 10
    assert "they over 2 pi have" in missing_shell(2.0 * np.pi * frequency, first_phonon, 3)


def test_nothing_is_said_where_nothing_can_be_known():
    frequency, first_phonon = opened("glass/sizes/N-2000")
    assert np.isnan(modes_at_first_phonon(frequency, first_phonon))
    assert missing_shell(frequency, first_phonon, 3) == ""
    discs, scale = opened("glass/modes-2d/m-2/T-1.00")
    assert missing_shell(discs**2, scale, 2) == missing_shell(discs**2, scale, None) == ""


def test_an_exponent_of_eigenvalues_has_no_interval():
    stored = open_dataset("glass/taper-2", group="T-0.20")
    assert np.isfinite(exponent(stored, window=(0.3, 0.6)).low)
    mistaken = stored.assign(eigenfrequency=stored["eigenfrequency"] ** 2)
    found = exponent(mistaken, window=(0.3, 0.6))
    assert "first shell" in found.details["gates"]
    assert np.isnan(found.low)
    plain = exponent(mistaken["eigenfrequency"].values, first_phonon=stored["first_phonon"].values, dimension=3)
    assert "first shell" in plain.details["gates"]
