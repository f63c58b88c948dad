"""A scorecard as a self-contained HTML page without scripts, and the template environment of all pages."""

from __future__ import annotations

import base64
import datetime
import functools
import hashlib
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from bosonpeak.benchmark.report.badge import scorecard_digest
from bosonpeak.benchmark.report.headlines import ASSUMPTION, headlines
from bosonpeak.benchmark.report.views import axis_views, claim_views, data_views, front_views, method_views
from bosonpeak.benchmark.report.words import wording
from bosonpeak.benchmark.report.words.literature import cited, groups
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets.plain_text import one_line
from bosonpeak.datasets.storage.atomic import write_bytes
from bosonpeak.plot.palette import formula

if TYPE_CHECKING:
    from jinja2 import Environment


@functools.cache
def page_environment(package: str) -> Environment:
    """Jinja environment for the folder ``templates`` of a package, with the filters of all pages."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(text=_shown, line=lambda text, *most: formula(wording.one_line(text, *most)))
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


_LONGEST_COMMAND = 400


@dataclass(frozen=True)
class Making:
    """Origin of a scorecard: ISO date and time (UTC), command on one line, commit of the code (empty if unknown)."""

    date: str
    command: str
    commit: str

    @classmethod
    def now(cls, command: Sequence[str]) -> Making:
        """Origin of a run that ends now, from the arguments of ``bosonpeak``."""
        from bosonpeak.datasets.provenance import source_commit

        made = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
        return cls(made, one_line(shlex.join(["bosonpeak", *command]), _LONGEST_COMMAND), source_commit())


def render_html(scorecard: Scorecard, making: Making | None = None) -> str:
    """Render the report as HTML; the same text for the same scorecard and origin."""
    claims = claim_views(scorecard)
    data, methods = data_views(scorecard), method_views(scorecard)
    anchors = {view.result.id: view.anchor for view in claims}
    prose = functools.partial(_linked, anchors=anchors)
    template = _environment().get_template("report.html.j2")
    script, script_digest = inline_script("bosonpeak.benchmark.report", "report.js")
    return template.render(
        card=scorecard,
        claims=claims,
        groups=groups(scorecard.claims),
        by_verdict=lambda views: wording.verdicts_of(view.result for view in views),
        picked=lambda group: [claims[place] for place in group.places],
        data=data,
        methods=methods,
        method_anchors={view.name: view.anchor for view in methods},
        axes=axis_views(scorecard.score),
        front=front_views(scorecard),
        headlines=headlines(scorecard),
        assumption=ASSUMPTION,
        digest=scorecard_digest(scorecard),
        making=making,
        anchors=anchors,
        prose=prose,
        source=lambda text: cited(_shown(text), prose),
        style=report_style(),
        script=script,
        script_digest=script_digest,
    )


def write_html(scorecard: Scorecard, path: str | os.PathLike[str], making: Making | None = None) -> None:
    """Write the report to `path` atomically."""
    write_bytes(path, render_html(scorecard, making).encode("utf-8"))


def _shown(text: str) -> str:
    """Untrusted text without control characters, with symbols for their names and whole powers as superscripts."""
    return formula(wording.printable(text))


def _linked(text: str, anchors: Mapping[str, str]) -> Markup:
    """Escape untrusted text and link the claims named in the text."""
    shown = _shown(text)
    pieces = _names(tuple(anchors)).split(shown)
    link = Markup('<a href="#{}">{}</a>')
    return Markup("").join(
        link.format(anchors[piece], piece) if place % 2 else escape(piece) for place, piece in enumerate(pieces)
    )


@functools.lru_cache(maxsize=4)
def _names(claims: tuple[str, ...]) -> re.Pattern[str]:
    """Pattern of the claim ids, which are untrusted text and need not have a fixed form."""
    known = [re.escape(name) for name in sorted(claims, key=len, reverse=True) if re.fullmatch(r"[A-Z]+-\d+", name)]
    return re.compile(rf"(?<![\w-])({'|'.join(known)})(?![\w-])" if known else r"(?!)()")


@functools.cache
def _environment() -> Environment:
    environment = page_environment("bosonpeak.benchmark.report")
    environment.filters.update(
        interval=lambda estimate: _minus(wording.interval(estimate)),
        region=lambda expect: _minus(wording.region(expect)),
        number=lambda value: _minus(wording.number(value)),
        plain=lambda value: _minus(wording.plain(value)) if isinstance(value, float) else wording.plain(value),
        cell=wording.cell,
        minus=_minus,
        words=wording.name,
        counted=wording.counted,
        refused=wording.is_refused,
        drawing=Markup,
    )
    environment.globals.update(tally=wording.tally, outcome=wording.outcome, marks=wording.MARKS)
    return environment


def _minus(figures: str) -> str:
    """Replace hyphens in numbers by minus signs."""
    return re.sub(r"(?<![\w)])-(?=[\d.])|(?<=e)-(?=\d)", "\N{MINUS SIGN}", figures)


@functools.cache
def report_style() -> Markup:
    """Style sheet shared by all pages."""
    return Markup(resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8"))
