"""Figures of a scorecard as inline SVG: a separate picture for each panel, titles and legends left to the page."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from bosonpeak.benchmark.report.styles import CSS_COLOURS, LegendEntry, legend
from bosonpeak.benchmark.report.words.wording import one_line
from bosonpeak.plot.figure import Figure, Panel
from bosonpeak.plot.palette import INDEX
from bosonpeak.plot.panel_axes import fill_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_COLOUR = re.compile("|".join(CSS_COLOURS))
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_LONG_DECIMAL = re.compile(r"-?\d+\.\d{3,}")
_FONT_SHORTHAND = re.compile(r"^font: .*?([\d.]+px).*$")
_GEOMETRY = ("d", "x", "y", "transform")


def inline_svg(document: str, identifier: str, description: str) -> str:
    """Convert an SVG document to an ``<svg>`` element of an HTML page without a fixed size or external address."""
    root = ElementTree.fromstring(document)
    _keep_drawing_only(root)
    for element in root.iter():
        element.tag = str(element.tag).removeprefix(_SVG)
        _localise(element, identifier)
        element.tail = None
        if element.tag not in ("text", "tspan"):
            element.text = None
    for element in list(root.iter("text")):
        _lower_indices(element)
    box = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib.update({"class": "plot", "viewBox": box, "role": "img", "aria-label": description})
    return ElementTree.tostring(root, encoding="unicode")


def _keep_drawing_only(root: ElementTree.Element) -> None:
    unwanted = (f"{_SVG}metadata", f"{_SVG}style")
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in unwanted:
                parent.remove(child)


def _localise(element: ElementTree.Element, identifier: str) -> None:
    for key, value in list(element.attrib.items()):
        if key == "id":
            element.set(key, f"{identifier}-{value}")
        elif key == _LINK:
            del element.attrib[key]
            element.set("href", f"#{identifier}-{value.removeprefix('#')}")
        elif key == "style":
            element.set(key, _restyled(value))
        elif key == "clip-path":
            element.set(key, _REFERENCE.sub(rf"url(#{identifier}-\1)", value))
        elif key in _GEOMETRY:
            rounded = _LONG_DECIMAL.sub(_rounded, value)
            element.set(key, " ".join(rounded.split()))


def _lower_indices(element: ElementTree.Element) -> None:
    """Set the indices of letters smaller and lower; the text flows in any font."""
    text = element.text or ""
    found = list(INDEX.finditer(text))
    if not found:
        return
    element.text = text[: found[0].end(1)]
    for number, each in enumerate(found):
        ElementTree.SubElement(element, "tspan", {"dy": "0.25em", "font-size": "72%"}).text = each[2]
        until = found[number + 1].end(1) if number + 1 < len(found) else len(text)
        # The shift back is in units of the full size.
        after = text[each.end() : until]
        if after:
            ElementTree.SubElement(element, "tspan", {"dy": "-0.18em"}).text = after


def _rounded(figure: re.Match[str]) -> str:
    # Small numbers belong to markers, where a tenth of a point is visible.
    number = float(figure[0])
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"


def _restyled(style: str) -> str:
    declarations = [part.strip() for part in style.split(";")]
    kept = [
        _FONT_SHORTHAND.sub(r"font-size: \1", part)
        for part in declarations
        if part and not part.startswith("font-family")
    ]
    return _COLOUR.sub(lambda colour: CSS_COLOURS[colour[0]], "; ".join(kept))


_SIZE = (3.42, 2.6)  # inches
_AXES_BOX = (0.155, 0.175, 0.825, 0.72)
_NAMES = 0.26  # further width of names beside the ordinate
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "bosonpeak",
    "text.parse_math": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 10.2,
    "path.simplify_threshold": 0.25,
    "axes.titley": 1.0,  # else matplotlib lays out all ticks once more to make room for a title
}


@dataclass(frozen=True)
class DrawnPanel:
    """A panel ready for the page: title and legend as text, axes as SVG."""

    title: str
    svg: str
    legend: tuple[LegendEntry, ...]


def draw_figure(figure: Figure, identifier: str) -> tuple[DrawnPanel, ...]:
    """Draw the panels of a figure; `identifier` (letters, digits, hyphens; unique on the page) prefixes every id."""
    return tuple(
        DrawnPanel(
            title=one_line(panel.title, 120),
            svg=inline_svg(_svg(draw_panel(panel)), f"{identifier}-{index}", _description(panel)),
            legend=legend(panel),
        )
        for index, panel in enumerate(figure.panels)
    )


def draw_panel(panel: Panel) -> Canvas:
    """Draw one panel without title and legend; missing or undrawable data are left out."""
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    left, bottom, width, height = _AXES_BOX
    names = _NAMES if panel.y_names else 0.0
    with matplotlib.rc_context(_SETTINGS):
        canvas = Canvas(figsize=_SIZE, facecolor="none")
        fill_axes(canvas.add_axes((left + names, bottom, width - names, height), facecolor="none"), panel)
    return canvas


def plain_settings() -> dict[Any, Any]:
    """Matplotlib settings for stand-alone drawings: letters become paths, independent of the reader's fonts."""
    return {**_SETTINGS, "svg.fonttype": "path", "font.size": 9.0, "pdf.fonttype": 42}


def _svg(canvas: Canvas) -> str:
    import matplotlib

    stream = io.StringIO()
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        # Glyphs missing from matplotlib's font exist in the reader's browser.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        canvas.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return stream.getvalue()


def _description(panel: Panel) -> str:
    shown = "; ".join(entry.label for entry in legend(panel))
    title = f"{one_line(panel.title, 120)}: " if panel.title else ""
    axes = f"{one_line(panel.y_label, 80)} against {one_line(panel.x_label, 80)}."
    return f"Plot. {title}{axes}" + (f" Shown: {shown}." if shown else "")
