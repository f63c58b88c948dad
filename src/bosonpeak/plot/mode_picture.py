"""Picture of one mode: arrows over its vorticity in a plane or slice, and its decomposition into waves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.periodic_box import nearest_image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from bosonpeak.validators.displacement_fields.helmholtz import HelmholtzDecomposition, Part
    from bosonpeak.validators.vortices.curl_content import Vorticity


SLICE = 2.0
"""Thickness of the slice, in mean particle distances."""


@dataclass(frozen=True)
class ModePlane:
    """Drawn plane: two axes, its normal (2 in two dimensions) with its height, and the indices of the particles."""

    axes: tuple[int, int]
    normal: int
    height: float
    seen: NDArray[np.intp]


def mode_plane(positions: FloatArray, vorticity: FloatArray, box: FloatArray) -> ModePlane:
    """Plane through the centre of the squared vorticity, across the axis about which the mode turns most."""
    from bosonpeak.validators.vortices.curl_content import enstrophy_extent

    if len(box) == 2:
        return ModePlane((0, 1), 2, 0.0, np.arange(len(positions)))
    normal = int(np.argmax(np.nansum(vorticity[0] ** 2, axis=0)))
    height = float(enstrophy_extent(positions, vorticity, box).centre[0, normal])
    distance = nearest_image(positions[:, normal] - height, box[normal])
    half = 0.5 * SLICE * float(box.prod() / len(positions)) ** (1.0 / 3.0)
    first, second = ((1, 2), (2, 0), (0, 1))[normal]
    return ModePlane((first, second), normal, height, np.flatnonzero(np.abs(distance) <= half))


COLOURS = "PuOr_r"
"""Diverging colours for colour-blind readers: violet and orange for the two senses of rotation, white for none."""

TRANSVERSE, LONGITUDINAL = "#0072b2", "#e69f00"
"""Of Okabe and Ito's palette; they differ in lightness, too."""

LONGEST = 2.0
"""Length of the longest arrows, in mean particle distances."""

_GRID = 96
_SIZE = (7.4, 7.0)  # inches
_MOST_SHELLS = 12


def mode_figure(
    positions: ArrayLike, vector: ArrayLike, box: ArrayLike, *, radius: float | None = None, title: str = ""
) -> Canvas:
    """Draw one mode: arrows over vorticity, its transverse and its longitudinal part, and their shares by wave number.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
        In two dimensions, where everything is drawn, or in three, where a slice is: through the centre of the squared
        vorticity, across the axis of space about which the mode turns most.
    vector : array_like, shape (particles, dimension)
        Displacements of any norm.
    box : array_like
        Length of the periodic box, one number or one an axis.
    radius : float, optional
        Of the neighbourhoods in which the vorticity is seen; three mean particle distances by default.
    title : str
        What mode it is, in words.

    Returns
    -------
    matplotlib.figure.Figure
        Not shown and not registered with pyplot; save it with its ``savefig``.

    Raises
    ------
    NotApplicableError
        If the arrays do not fit each other or the mode cannot be decomposed.

    Examples
    --------
    A transverse wave has no longitudinal part.

    >>> import numpy as np
    >>> positions = np.random.default_rng(1).uniform(0.0, 10.0, (100, 2))
    >>> wave = np.sin(2.0 * np.pi * positions[:, 0] / 10.0)
    >>> figure = mode_figure(positions, np.column_stack([0.0 * wave, wave]), 10.0)
    >>> figure.axes[2].get_title()
    'its transverse waves, 100%'
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    from bosonpeak.validators.displacement_fields.particle_fields import checked_fields
    from bosonpeak.validators.vortices.curl_content import vorticity

    fields = checked_fields(positions, vector, box)
    if len(fields.vectors) != 1:
        raise NotApplicableError("one mode fits a picture", expected="one", got=f"{len(fields.vectors)}")
    found = vorticity(fields.positions, fields.vectors, fields.box, radius=radius, per_particle=True)
    assert found.local is not None
    plane = mode_plane(fields.positions, found.local.vorticity, fields.box)
    moving = fields.vectors[0] - fields.vectors[0].mean(axis=0)
    arrows = moving[plane.seen][:, plane.axes]
    scale = float(np.linalg.norm(arrows, axis=1).max()) / (LONGEST * fields.spacing)
    points = fields.positions[plane.seen][:, plane.axes]
    with matplotlib.rc_context({"font.size": 9.0, "axes.titlesize": 9.5}):
        canvas = Canvas(figsize=_SIZE, layout="constrained")
        panels = canvas.subplots(2, 2)
        image = draw_vorticity(panels[0, 0], found, plane, fields.box)
        draw_arrows(panels[0, 0], points, arrows, scale, fields.box, plane)
        panels[0, 0].set_title("the mode, over its vorticity" + _where(plane, fields.dimension))
        bar = canvas.colorbar(image, ax=panels[0, 0], shrink=0.8, ticks=[-1.0, 0.0, 1.0])
        bar.set_label("vorticity over its largest value")
        _draw_spectrum(panels[0, 1], found.decomposition)
        parts: tuple[tuple[Axes, Part], ...] = ((panels[1, 0], "transverse"), (panels[1, 1], "longitudinal"))
        for axes, part in parts:
            values = found.decomposition.displacements(fields.positions[plane.seen], part)[0][:, plane.axes]
            draw_arrows(axes, points, values, scale, fields.box, plane)
            axes.set_title(f"its {part} waves, {_share(found, part):.0%}")
        canvas.suptitle(_heading(title, found), fontsize=10.5)
    return canvas


def _vorticity_on_grid(
    decomposition: HelmholtzDecomposition, points: FloatArray, normal: int, radius: float
) -> FloatArray:
    """Component of (1/2) curl u normal to the plane, smoothed with the kernel of the local fits."""
    from bosonpeak.validators.displacement_fields.particle_fields import kernel_transfer

    vectors, amplitudes = decomposition.wave_vectors, decomposition.amplitudes[0]
    first, second = ((1, 2), (2, 0), (0, 1))[normal]
    turning = 0.5j * (vectors[:, first] * amplitudes[:, second] - vectors[:, second] * amplitudes[:, first])
    turning *= kernel_transfer(np.linalg.norm(vectors, axis=1), radius, vectors.shape[1])
    phase = points @ vectors.T
    return np.asarray(np.cos(phase) @ turning.real - np.sin(phase) @ turning.imag)


def draw_vorticity(axes: Axes, found: Vorticity, plane: ModePlane, box: FloatArray) -> Any:
    """Draw the vorticity in the plane over its largest value, and return the image."""
    lengths = box[list(plane.axes)]
    centres = [(np.arange(_GRID) + 0.5) / _GRID * length for length in lengths]
    grid = np.full((_GRID * _GRID, len(box)), plane.height)
    first, second = np.meshgrid(*centres)
    grid[:, plane.axes[0]], grid[:, plane.axes[1]] = first.ravel(), second.ravel()
    values = _vorticity_on_grid(found.decomposition, grid, plane.normal, found.radius).reshape(_GRID, _GRID)
    return axes.imshow(
        values / np.abs(values).max(),
        origin="lower",
        extent=(0.0, float(lengths[0]), 0.0, float(lengths[1])),
        cmap=COLOURS,
        vmin=-1.0,
        vmax=1.0,
        interpolation="bilinear",
        alpha=0.85,
    )


def draw_arrows(
    axes: Axes, points: FloatArray, arrows: FloatArray, scale: float, box: FloatArray, plane: ModePlane, **style: Any
) -> None:
    """Draw displacements (particles, 2) at points of the plane, in the given scale."""
    look: dict[str, Any] = {
        "width": 0.0045,
        "headwidth": 4.0,
        "headlength": 4.5,
        "headaxislength": 4.0,
        "minlength": 0.3,
        "color": "black",
    }
    axes.quiver(*points.T, *arrows.T, angles="xy", scale_units="xy", scale=scale, **(look | style))
    names = "xyz"
    axes.set(
        xlim=(0.0, box[plane.axes[0]]),
        ylim=(0.0, box[plane.axes[1]]),
        aspect="equal",
        xlabel=names[plane.axes[0]],
        ylabel=names[plane.axes[1]],
    )


def _draw_spectrum(axes: Axes, decomposition: HelmholtzDecomposition) -> None:
    spectrum = decomposition.spectrum
    shown = slice(_MOST_SHELLS)
    place = np.arange(1, len(spectrum.wavenumber) + 1)[shown]
    axes.bar(place - 0.2, spectrum.transverse[0, shown], 0.4, color=TRANSVERSE, label="transverse")
    axes.bar(place + 0.2, spectrum.longitudinal[0, shown], 0.4, color=LONGITUDINAL, label="longitudinal", hatch="////")
    axes.set(
        xlabel="wave number |k| L/2π, in steps of one",
        ylabel="share of |u|² in waves",
        title="decomposition into waves",
        xticks=place[:: max(len(place) // 6, 1)],
    )
    axes.set_ylim(top=1.25 * axes.get_ylim()[1])
    axes.legend(frameon=False, ncols=2, loc="upper center")
    axes.spines[["top", "right"]].set_visible(False)


def _share(found: Vorticity, part: Part) -> float:
    transverse = float(found.transverse_fraction[0])
    return transverse if part == "transverse" else 1.0 - transverse


def _where(plane: ModePlane, dimension: int) -> str:
    return f", {'xyz'[plane.normal]} = {plane.height:.1f}" if dimension == 3 else ""


def _heading(title: str, found: Vorticity) -> str:
    numbers = f"curl content {found.curl_content[0]:.2f} ± {found.error[0]:.2f}, {found.resolved[0]:.0%} in waves"
    return f"{title}: {numbers}" if title else numbers
