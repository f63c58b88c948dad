"""Conversion of matplotlib's SVG files to elements that share a page with others."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from bosonpeak.benchmark.report.looks import CSS_COLOURS, INDEX

_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_COLOUR = re.compile("|".join(CSS_COLOURS))
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_LONG_DECIMAL = re.compile(r"-?\d+\.\d{3,}")
_FONT_SHORTHAND = re.compile(r"^font: .*?([\d.]+px).*$")
_GEOMETRY = ("d", "x", "y", "transform")


def inline_svg(document: str, identifier: str, description: str) -> str:
    """Convert an SVG document to an ``<svg>`` element of an HTML page without a fixed size.

    Ids get the prefix `identifier`, colours become CSS custom properties, the font is left to the page, and everything
    that would act on the whole page or name an external address is removed. `description` is the alternative text.
    """
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
