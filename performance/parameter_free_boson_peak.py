"""Boson peaks predicted without a free parameter against measured ones, for all systems with measurable local moduli.

Run ``python performance/parameter_free_boson_peak.py``; it prints the tables of
``docs/methods/parameter-free-boson-peak.md``. A quarter of an hour on one core.
"""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from bosonpeak import boson_peak
from bosonpeak.benchmark.measures.base import potential_of
from bosonpeak.benchmark.measures.predicted_peaks import elastic_sample, predict, predicted_peak, ratio_of_peaks
from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.glasses.hessian import hessian
from bosonpeak.validators.estimates.estimate import Estimate

GLASSES = [
    ("soft spheres m = 2, T* = 1.00", "glass/taper-2/T-1.00", "glass/currents-large/m-2/T-1.00"),
    ("soft spheres m = 2, T* = 0.20", "glass/taper-2/T-0.20", "glass/currents-large/m-2/T-0.20"),
    ("soft spheres m = 2, T* = 0.15", "glass/taper-2/T-0.15", "glass/taper-2/T-0.15"),
    *(
        (f"soft spheres m = ∞, T* = {t}", f"glass/taper-inf/T-{t}", f"glass/taper-inf/T-{t}")
        for t in ("1.00", "0.20", "0.15")
    ),
]
WHOLE_SPECTRA = [
    *((f"Lennard-Jones, {end}", f"glass/lennard-jones-pairs/{end}", 4) for end in ("hard", "force-shifted", "tapered")),
    *(
        (f"discs m = {m}, T* = {t}", f"glass/modes-2d/m-{name}/T-{t}", 60)
        for m, name in (("2", "2"), ("∞", "inf"))
        for t in ("1.00", "0.20", "0.15")
    ),
]
NETWORKS = [
    *((f"network, cutoff, δ = {delta}", f"network/spectra/situation-2/delta-{delta}") for delta in (0.1, 0.2, 0.3)),
    *(
        (f"network, equal springs, δ = {delta}", f"network/spectra/situation-3/delta-{delta}")
        for delta in (0.1, 0.2, 0.3)
    ),
    *((f"network, p = {p}", f"network/spectra/dilution/probability-{p}") for p in (0.9, 0.8, 0.7)),
    *((f"network, weak springs {f}", f"network/spectra/weak-springs/fraction-{f}") for f in (0.2, 0.4)),
    *((f"network, gamma strengths {k}", f"network/spectra/broad-strengths/shape-{k}") for k in (3, 1)),
    *((f"network, cutoff factor {x}", f"network/spectra/cutoff/factor-{x}") for x in ("0.5", "1.5", "2")),
]


def of(name: str) -> xr.Dataset:
    """The ensemble of a dataset and group written as one path."""
    family, dataset, group = name.split("/", 2)
    return open_dataset(f"{family}/{dataset}", group=group).load()


def whole_spectra(data: xr.Dataset, glasses: int) -> np.ndarray:
    """Frequencies (glasses, modes) of stored configurations without their zero modes."""
    potential, box, dimension = potential_of(data), data["box"].values, data.sizes["axis"]
    rows = []
    for number in range(glasses):
        place, diameter = (data[name].values[number].astype(np.float64) for name in ("position", "diameter"))
        values = np.linalg.eigvalsh(hessian(place, diameter, box, potential).toarray())
        rows.append(np.sqrt(np.maximum(values[dimension:], 0.0)))
    return np.array(rows)


def measured_peak(name: str, peak: str | int) -> Estimate:
    """Measured boson peak, of an ensemble or of so many complete spectra of stored configurations."""
    if isinstance(peak, str):
        return boson_peak(of(peak))
    data = of(name)
    return boson_peak(whole_spectra(data, peak), dimension=data.sizes["axis"])


def limits(estimate: Estimate, digits: int = 2) -> str:
    """Value and limits as the tables have them."""
    if not math.isfinite(estimate.value):
        return "none"
    return f"{estimate.value:.{digits}f} \\[{estimate.low:.{digits}f}, {estimate.high:.{digits}f}\\]"


def main() -> None:
    """Print both tables."""
    systems = [
        *GLASSES,
        *WHOLE_SPECTRA,
        *((label, name, name) for label, name in NETWORKS),
    ]
    print("| system | v | k_ξ a | γ/γ_c | G/G₀ | height | ω_BP by length |\n|---|---|---|---|---|---|---|")
    rows = []
    for label, name, peak in systems:
        try:
            sample = elastic_sample(of(name))
        except NotApplicableError as error:
            print(f"| {label} | {error.what} |")
            continue
        made = [predict(sample, length) for length in sample.lengths]
        middle = made[len(made) // 2]
        height = f"{middle.peak.height:.2f}" if middle.peak else "unstable"
        by_length = ", ".join(f"{each.frequency('heterogeneous-elasticity'):.2f}" for each in made)
        variance = middle.local.variance / float(sample.correlation.modulus.mean()) ** 2
        print(
            f"| {label} | {variance:.2f} | {middle.local.cutoff * sample.spacing:.2f} | "
            f"{middle.medium.disorder / middle.medium.critical:.2f} | {middle.medium.softening:.2f} | {height} | "
            f"{by_length} |",
            flush=True,
        )
        rows.append((label, sample, measured_peak(name, peak)))
    print("\n| system | measured ω_BP | over Debye | heterogeneous elasticity | ratio | (√3/2) c k_G | ratio |")
    print("|---|---|---|---|---|---|---|")
    for label, sample, measured in rows:
        found = [predicted_peak(sample, theory=theory) for theory in ("heterogeneous-elasticity", "quasi-equilibrium")]
        if math.isfinite(measured.value):
            ratios = [limits(ratio_of_peaks(each, measured)) for each in found]
        else:
            ratios = ["", ""]
        height = measured.details.get("height_over_debye", math.nan)
        print(
            f"| {label} | {limits(measured)} | {height:.2f} | {limits(found[0])} | {ratios[0]} | {limits(found[1])} | "
            f"{ratios[1]} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
