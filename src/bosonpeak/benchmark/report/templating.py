"""How every page is made from its template: all text escaped, nothing undefined passed over."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from bosonpeak.benchmark.report import wording

if TYPE_CHECKING:
    from jinja2 import Environment


@functools.cache
def page_environment(package: str) -> Environment:
    """Environment for the templates of a package, with the filters that all pages use.

    Parameters
    ----------
    package : str
        Its folder ``templates`` is looked in.

    Returns
    -------
    jinja2.Environment
        One for each package; filters and globals may be added.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(text=wording.printable, line=wording.one_line)
    environment.globals.update(plural=wording.plural)
    return environment
