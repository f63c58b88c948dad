"""Size of soft spots, damping of waves and height of the boson peak against the theories, for the shipped glasses.

Run ``python performance/soft_spot_lengths.py``; it prints the last tables of
``docs/methods/parameter-free-boson-peak.md``. Two minutes on one core.
"""

from __future__ import annotations

import math

from bosonpeak import boson_peak
from bosonpeak.benchmark.measures.predicted_peaks import damping, elastic_sample, predict
from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.levels.mode_extent import localisation
from bosonpeak.validators.waves.currents import stored_currents
from bosonpeak.validators.waves.sound_damping import damping_at

GLASSES = [
    *(
        (f"soft spheres m = {m}, T* = {t}", f"glass/taper-{m}", f"T-{t}")
        for m in ("2", "inf")
        for t in ("1.00", "0.20", "0.15")
    ),
]
"""Systems of one box size, whose peaks and soft modes are in the same samples."""

SIZES = (("limit/taper-2", ""), ("limit/sizes", "/N-2000"), ("limit/sizes", "/N-4000"))
"""Boxes of 1000, 2000 and 4000 particles, m = 2."""

WAVES = [("1.00", (0.8, 1.2, 1.6)), ("0.20", (0.8, 1.2, 1.6))]


def main() -> None:
    """Print the tables of soft spots and of damping."""
    print("| system | N e | l/a | ω_BP | ω_BP l / v_T |\n|---|---|---|---|---|")
    for label, name, group in GLASSES:
        data = open_dataset(name, group=group).load()
        number, peak = localisation(data).participation_number, boson_peak(data)
        dimension = int(data["dimension"])
        length = [value ** (1.0 / dimension) for value in (number.value, number.low, number.high)]
        speed = float(data["transverse_velocity"].mean())
        ratio = peak.value * length[0] / speed
        spread = math.hypot(math.log(length[2] / length[1]) / 2.0, math.log(peak.high / max(peak.low, 1e-9)) / 2.0)
        print(
            f"| {label} | {number.value:.1f} \\[{number.low:.1f}, {number.high:.1f}\\] | {length[0]:.2f} | "
            f"{peak.value:.2f} \\[{peak.low:.2f}, {peak.high:.2f}\\] | {ratio:.2f} \\[{ratio * math.exp(-spread):.2f}, "
            f"{ratio * math.exp(spread):.2f}\\] |",
            flush=True,
        )
    print(
        "\n| T* | N e below 0.5 ω₀, N = 1000, 2000, 4000 | l/a | ω_BP, N = 16 384 | ω_BP l / v_T |\n"
        "|---|---|---|---|---|"
    )
    for temperature, _ in WAVES:
        boxes = [open_dataset(name, group=f"T-{temperature}{size}").load() for name, size in SIZES]
        numbers = [localisation(data, high=0.5).participation_number.value for data in boxes]
        peak = boson_peak(open_dataset("glass/currents-large", group=f"m-2/T-{temperature}"))
        speed = float(open_dataset("glass/taper-2", group=f"T-{temperature}")["transverse_velocity"].mean())
        length = numbers[-1] ** (1.0 / 3.0)
        ratios = [value * length / speed for value in (peak.value, peak.low, peak.high)]
        print(
            f"| {temperature} | {', '.join(f'{number:.0f}' for number in numbers)} | {length:.2f} | {peak.value:.2f} "
            f"\\[{peak.low:.2f}, {peak.high:.2f}\\] | {ratios[0]:.1f} \\[{ratios[1]:.1f}, {ratios[2]:.1f}\\] |",
            flush=True,
        )
    print("\n| T* | ω | Γ/ω measured | predicted at w = 0.7, 1.0, 1.4 |\n|---|---|---|---|")
    for temperature, frequencies in WAVES:
        sample = elastic_sample(open_dataset("glass/taper-2", group=f"T-{temperature}").load())
        currents = stored_currents(open_dataset("glass/currents-large", group=f"m-2/T-{temperature}").load())
        made = [predict(sample, length) for length in sample.lengths]
        for frequency in frequencies:
            predicted = [f"{damping(each, frequency, 3):.3f}" for each in made]
            try:
                found = damping_at(currents, frequency=frequency)
                measured = f"{found.value:.3f} \\[{found.low:.3f}, {found.high:.3f}\\]"
            except NotApplicableError as error:
                measured = error.what
            print(f"| {temperature} | {frequency} | {measured} | {', '.join(predicted)} |", flush=True)


if __name__ == "__main__":
    main()
