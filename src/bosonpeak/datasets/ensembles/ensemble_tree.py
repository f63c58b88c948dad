"""Trees of ensembles that notebooks show in a few lines; xarray shows every variable of every group."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

import xarray as xr

_MOST_ROWS = 40


class EnsembleTree(xr.DataTree):  # type: ignore[no-untyped-call]
    """`xarray.DataTree` with a short representation in notebooks: a line for each group, and one list of variables."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        leaves = [node for node in self.subtree if node.data_vars]
        options = xr.get_options()  # type: ignore[no-untyped-call]
        if not self.children or options["display_style"] == "text":
            return str(super()._repr_html_())  # type: ignore[no-untyped-call]
        title = escape(str(self.attrs.get("title", "")))
        sizes = [", ".join(f"{name} {length}" for name, length in node.sizes.items()) for node in leaves]
        groups = [
            [node.relative_to(self), str(len(node.data_vars)), text] for node, text in zip(leaves, sizes, strict=True)
        ]
        variables = {str(name): variable for node in leaves for name, variable in node.data_vars.items()}
        described = [
            [
                name,
                ", ".join(map(str, each.dims)),
                str(each.attrs.get("units", "")),
                str(each.attrs.get("long_name", "")),
            ]
            for name, each in variables.items()
        ]
        return (
            f"<div><b>xarray.DataTree</b> {title}"
            + _table(["group", "variables", "sizes"], groups)
            + f"<details><summary>{len(variables)} variables</summary>"
            + _table(["variable", "dimensions", "units", "description"], described)
            + "</details></div>"
        )


def _table(head: Iterable[str], rows: list[list[str]]) -> str:
    """Table of HTML with at most `_MOST_ROWS` rows and the number of the others."""
    shown = "".join(f"<tr>{_cells('td', row)}</tr>" for row in rows[:_MOST_ROWS])
    others = f"<p>and {len(rows) - _MOST_ROWS} more</p>" if len(rows) > _MOST_ROWS else ""
    return f"<table><thead><tr>{_cells('th', head)}</tr></thead><tbody>{shown}</tbody></table>{others}"


def _cells(tag: str, texts: Iterable[Any]) -> str:
    return "".join(f"<{tag}>{escape(str(text)[:200])}</{tag}>" for text in texts)


def shown_in_short(tree: xr.DataTree) -> xr.DataTree:
    """Let a tree and every tree in it be shown in a few lines by notebooks."""
    for node in tree.subtree:
        if node.children:
            node.__class__ = EnsembleTree
    return tree
