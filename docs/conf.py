"""Sphinx: the hand-written pages, the notebooks, which are run, and what `site_pages` makes from code and data."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from gallery import PLACE, draw_gallery
from site_pages import write_pages
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer

import bosonpeak

HERE = Path(__file__).parent

project = "bosonpeak"
author = "The bosonpeak developers"
release = bosonpeak.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc", "sphinx_copybutton"]
myst_enable_extensions = ["tasklist"]
myst_heading_anchors = 4
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True
# What is copied from an example is what is typed.
copybutton_exclude = ".linenos, .gp, .go"
# The commands that notebooks call are those of this environment, whether it was activated or not.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
numpydoc_show_class_members = False
autodoc_typehints = "none"
exclude_patterns = ["_build", "generated/pages"]
html_extra_path = ["generated/pages"]
suppress_warnings = ["myst.xref_missing"]

html_theme = "furo"
html_title = "bosonpeak"
html_static_path = ["_static"]
html_css_files = ["pages.css"]


def _with_bars(_app: object, _what: str, _name: str, _found: object, _options: object, lines: list[str]) -> None:
    """Escape the bars of a modulus, which would be a substitution."""
    lines[:] = [line.replace("|", r"\|") for line in lines]


def _with_own_words(_app: object, what: str, name: str, _found: object, _options: object, lines: list[str]) -> None:
    """Describe public data by the text of its module, not by the docstring of its type."""
    if what == "data":
        module, _, public = name.rpartition(".")
        lines[:] = ModuleAnalyzer.for_module(module).find_attr_docs()["", public]


def setup(app: Sphinx) -> None:
    """Make what follows from code and data, before sources are read."""
    write_pages(HERE / "generated")
    draw_gallery(HERE / PLACE)
    app.connect("autodoc-process-docstring", _with_own_words, priority=50)
    app.connect("autodoc-process-docstring", _with_bars, priority=100)
