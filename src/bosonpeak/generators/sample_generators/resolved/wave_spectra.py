"""Bins, labels and storage of current correlations, shared by their sample generators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.storage.rounding import rounded_to_bits
from bosonpeak.generators.sample_generators.labels import Label, Sample, stacked
from bosonpeak.generators.sample_generators.parameters import Requirement

BITS = 11
"""Significant bits of the spectra that are stored."""

BINS: Mapping[str, Any] = {"moments": 2048, "highest_frequency": 3.0, "frequency_step": 0.01}
"""Parameters of the kernel polynomials and of the bins."""


def wave_labels(frequency: str, wavenumber: str, speed: str, component: str) -> dict[str, Label]:
    """Labels of current correlations with the given units of frequency, wave number, speed and the component's name."""
    inverse = f"1/({frequency})"
    waves = ("sample", "wavenumber", "frequency")
    return {
        "current_correlation": (
            waves,
            inverse,
            f"current correlation C(q, omega) of {component}, integral over omega 1",
        ),
        "longitudinal_current_correlation": (waves, inverse, "current correlation along the wave vector"),
        "density_of_states": (("sample", "frequency"), inverse, "density of states per degree of freedom"),
        "sound_speed": (("sample",), speed, "speed of sound of the same waves, from the elastic moduli"),
        "resolution": (("frequency",), frequency, "rms width of the Jackson kernel, largest over samples"),
        "sample": (("sample",), "1", "sample index"),
        "wavenumber": (("wavenumber",), wavenumber, "wave number |q|, mean over directions"),
        "frequency": (("frequency",), frequency, "angular frequency, centres of equal bins from zero up"),
    }


def bin_requirements(parameters: Mapping[str, Any]) -> list[Requirement]:
    """Require valid bins and a valid number of moments."""
    step, highest = parameters["frequency_step"], parameters["highest_frequency"]
    return [
        ("moments", "even, at least 2", parameters["moments"] >= 2 and parameters["moments"] % 2 == 0),
        ("frequency_step", "above 0, at most half of highest_frequency", 0.0 < 2.0 * step <= highest < 1e6),
    ]


def bin_edges(parameters: Mapping[str, Any]) -> FloatArray:
    """Edges of the frequency bins."""
    step = parameters["frequency_step"]
    return np.asarray(step * np.arange(round(parameters["highest_frequency"] / step) + 1))


def stored(spectrum: FloatArray) -> NDArray[np.float32]:
    """Spectrum clipped at 0 and rounded to few significant bits, for storage."""
    return rounded_to_bits(np.maximum(spectrum, 0.0).astype(np.float32), BITS)


def joined_spectra(
    samples: Sequence[Sample], parameters: Mapping[str, Any], labels: Mapping[str, Label]
) -> dict[str, NDArray[Any]]:
    """Join the samples on their common wave numbers and bins."""
    edges = bin_edges(parameters)
    of_each = [name for name, label in labels.items() if label[0][0] == "sample" and name != "sample"]
    return {
        **stacked(samples, of_each),
        "resolution": np.max([sample["resolution"] for sample in samples], axis=0),
        "sample": np.arange(len(samples), dtype=np.int32),
        "wavenumber": samples[0]["wavenumber"],
        "frequency": 0.5 * (edges[1:] + edges[:-1]),
    }
