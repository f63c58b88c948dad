"""Context of SIM-10 and PIN-1: exponents against the parent temperature and the share of pinned particles.

    python performance/exponents_by_protocol.py                 # the tables of docs/methods/limit.md
    python performance/exponents_by_protocol.py --look pinned

Participation ratios come from the blocks of the data release; BOSONPEAK_MIRRORS=data-release reads a checkout.

Per ensemble: glasses; modes below 0.35 and 0.55 omega_0 per glass; exponent in the window of the analysis; local
exponents at 0.4 and 0.3 omega_0; lower bound as omega goes to 0; mean participation ratio below 0.55 omega_0; change of
the inherent-structure energy per particle from the first to the second half of the chains, and the diameters' structure
factor in both halves.
"""

from __future__ import annotations

import argparse

import numpy as np
import xarray as xr

import bosonpeak
from bosonpeak import validators

LOOKS = {
    "temperatures": (
        0.35,
        [
            (dataset, f"{prefix}T-{temperature}")
            for taper in ("2", "inf")
            for temperature in ("0.17", "0.20", "0.25", "0.30", "0.34", "0.50", "1.00")
            for dataset, prefix in [
                (f"limit/taper-{taper}", "")
                if temperature in ("0.20", "1.00")
                else ("limit/temperatures", f"taper-{taper}/")
            ]
        ],
    ),
    "pinned": (0.55, [("limit/pinned", f"pinned-{share}") for share in ("0.00", "0.05", "0.10", "0.20")]),
}
COLUMNS = (
    "ensemble",
    "glasses",
    "modes < 0.35, 0.55 ω₀",
    "s in the window",
    "s at 0.4, 0.3 ω₀",
    "bound",
    "participation",
    "energy (10⁻³ ε)",
    "S(2π/L)",
)


def interval(estimate: validators.Estimate) -> str:
    """Value and interval, or the reason for having none."""
    gates = f" ({'; '.join(estimate.warnings)})" if not np.isfinite([estimate.low, estimate.high]).all() else ""
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]{gates}"


def halves(values: xr.DataArray, chain: xr.DataArray) -> tuple[float, float, float]:
    """Means over the first and the second halves of the chains, and the error of their difference."""
    rows = [values.values[chain.values == number] for number in np.unique(chain)]
    pairs = np.array([[row[: len(row) // 2].mean(), row[len(row) // 2 :].mean()] for row in rows])
    return *pairs.mean(axis=0), np.diff(pairs).std(ddof=1) / np.sqrt(len(pairs))


def row(dataset: str, group: str, window: float) -> str:
    """One line of the table."""
    data = bosonpeak.open(dataset, group=group)
    omega_0 = float(data["first_phonon"].mean())
    frequency = data["eigenfrequency"]
    counts = [float((frequency < end * omega_0).sum("mode").mean()) for end in (0.35, 0.55)]
    local = validators.local_exponent(data, frequency=[0.4 * omega_0, 0.3 * omega_0])
    slopes = ", ".join(
        f"{value:.2f} [{low:.2f}, {high:.2f}]"
        for value, low, high in zip(local["value"].values, local["low"].values, local["high"].values, strict=True)
    )
    released = bosonpeak.open(dataset, group=group, blocks=True)
    participation = float(released["participation_ratio"].where(released["eigenfrequency"] < 0.55 * omega_0).mean())
    before, after, error = halves(data["inherent_structure_energy"], data["chain"])
    mixed = halves(data["diameter_structure_factor"], data["chain"])
    fit = validators.exponent(data, window=(0.0, window))
    bound = validators.exponent_lower_bound(data)
    return (
        f"| {dataset.removeprefix('limit/')}/{group} | {data.sizes['sample']} | {counts[0]:.2f}, {counts[1]:.2f} | "
        f"{interval(fit)} | {slopes} | {bound.low:.2f} | {participation:.2f} | "
        f"{1e3 * (after - before):.1f} ± {1e3 * error:.1f} | {mixed[0]:.1f}, {mixed[1]:.1f} |"
    )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--look", choices=sorted(LOOKS), default="temperatures")
    window, places = LOOKS[parser.parse_args().look]
    print(f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|", sep="\n")
    for dataset, group in places:
        print(row(dataset, group, window), flush=True)


if __name__ == "__main__":
    main()
