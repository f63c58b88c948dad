"""Fig. 1 of W. Schirmacher et al., Nat. Commun. 15, 3107 (2024): sketches there, solutions of the theory here."""

from __future__ import annotations

import numpy as np

from bosonpeak.benchmark.figures.published.drawn import Comparison, Redrawn, exactly
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.benchmark.scorecards.figure import Figure, Mark, Panel, Series

_THEORY = "theory/heterogeneous-elasticity"
_RATIO = 0.2
_FAR, _APPROACH = 0.1, (0.1, 0.01, 1e-4, 0.0)
_DISTANCE = "distance_to_instability"
_FREQUENCY = "ω"
_GONE, _EMPTY = 0.01, 1e-3


def reduced_densities(open_ensemble: OpenEnsemble) -> Redrawn:
    """Fig. 1a to c: g/ω² far from the instability, on the way to it, and of a small sample."""
    infinite = open_ensemble(_THEORY, "infinite").sel(shear_to_bulk_ratio=_RATIO)
    frequency = infinite["frequency"].values
    curves, places = [], []
    for order, distance in enumerate(_APPROACH):
        row = infinite.sel({_DISTANCE: distance}, method="nearest")
        values = (row["density_of_states"] / row["frequency"] ** 2).values
        label = "γ = γ_c" if distance == 0.0 else f"1 − γ/γ_c = {distance:g}"
        curves.append(Series.of(label, "line", frequency, values, order=order))
        reduced = row["reduced_density_of_states"].values
        top = int(np.argmax(reduced))
        risen = np.flatnonzero(reduced >= 0.5 * (1.0 + reduced[top]))
        places.append(float(frequency[risen[0]]))
    finite = open_ensemble(_THEORY, "finite")
    box = float(finite["box_length"].max())
    small = finite.sel(box_length=box).sel({_DISTANCE: _FAR}, method="nearest")
    x = small["angular_frequency"].values
    edge = float(np.sqrt(small["edge_eigenvalue"]))
    gap = Series.of("sample of finite size", "line", x, small["density_of_states"].values / x**2, order=0)
    inside = small["density_of_states"].values[x < 0.98 * edge]
    above = float(small["density_of_states"].max())
    panels = (
        _panel("a: far from the instability", (curves[0],)),
        _panel("b: on the way to it", tuple(curves)),
        Panel("c: a small sample", _FREQUENCY, "g / ω²", (gap,), (Mark("vline", edge, label="edge of the gap"),)),
    )
    filled = float(inside.max()) / above if inside.size else 0.0
    return Redrawn(
        Figure(
            "Non-phononic excitations, Fig. 1",
            "The paper sketches; here the self-consistent Born approximation is solved, K/G₀ = 5. a: one medium; b: "
            f"media nearer and nearer to the instability; c: a finite sample, k_ξ L = {box:g}, far from it. Locons are "
            "no part of the theory.",
            panels,
        ),
        (
            Comparison(
                "onset of the boson peak at γ_c over that at 1 − γ/γ_c = 0.1",
                0.0,
                _GONE,
                (places[-1] / places[0], 0.0, places[-1] / places[0]),
                "onsets " + ", ".join(f"{place:.2g}" for place in places) + ", the last at the grid's lowest frequency",
            ),
            Comparison("largest density in the gap over that above it", 0.0, _EMPTY, exactly(filled)),
        ),
    )


def _panel(title: str, series: tuple[Series, ...]) -> Panel:
    return Panel(title, _FREQUENCY, "g / ω²", series, x_scale="log", x_limits=(1e-3, 3.0))
