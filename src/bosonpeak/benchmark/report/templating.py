"""Template environment of all pages: text is escaped, undefined names are errors."""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib import resources
from typing import TYPE_CHECKING

from markupsafe import Markup

from bosonpeak.benchmark.report.words import wording

if TYPE_CHECKING:
    from jinja2 import Environment


@functools.cache
def page_environment(package: str) -> Environment:
    """Jinja environment for the folder ``templates`` of a package, with the filters of all pages."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(text=wording.printable, line=wording.one_line)
    environment.filters.update(
        score_line=wording.score_line, track_line=wording.track_line, step_line=wording.step_line
    )
    environment.globals.update(plural=wording.plural)
    return environment


@functools.cache
def inline_script(package: str, name: str) -> tuple[Markup, str]:
    """Script from the templates of a package, and the digest that admits this script in a page's security policy."""
    script = resources.files(package).joinpath("templates").joinpath(name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return Markup(script), digest
