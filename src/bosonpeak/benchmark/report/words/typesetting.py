"""Mathematics in plain text, as the claims write it ("g(omega) ~ omega^2"), typeset as MathML for pages.

Formulae are recognised, not marked: a run of symbols, numbers and operators counts as one if it holds a Greek letter,
an index or a power, or a letter beside a relation. What is not recognised stays text; every character is escaped.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from bosonpeak.benchmark.scorecards.figure import named

GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "zeta": "ζ",
    "eta": "η",
    "theta": "θ",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "nu": "ν",
    "xi": "ξ",
    "pi": "π",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "phi": "φ",
    "chi": "χ",
    "psi": "ψ",
    "omega": "ω",
    "Gamma": "Γ",
    "Delta": "Δ",
    "Lambda": "Λ",
    "Sigma": "Σ",
    "Phi": "Φ",
    "Omega": "Ω",
    "infinity": "∞",
    "grad": "∇",
}
_RELATIONS = {"=": "=", "<": "<", ">": ">", "<=": "≤", ">=": "≥", "≤": "≤", "≥": "≥", "<<": "≪", ">>": "≫", "~": "∼"}
_OPERATORS = {**_RELATIONS, "+": "+", "-": "−", "−": "−", "/": "/", "|": "|", "(": "(", ")": ")", "*": "⋅"}
_OPERATORS |= {",": ",", "⟨": "⟨", "⟩": "⟩"}
_UPRIGHT = ("ln", "exp", "sqrt", "sin", "cos", "log")
_LONGEST_RUN = 200
_MEAN = re.compile(rf"<((?:{'|'.join(GREEK)})(?:_\w+)?)>")
_POWER_OF_A_WORD = re.compile(r"(?<=[a-z]{6})\^([234])(?!\d)")
_GROUP = re.compile(
    r"(?<![\w/.-])(?:[a-z]+(?:-[a-z]+)*-\d+/)?(?:T|delta|N|m|k|probability)-(?:inf|\d+(?:\.\d+)?)(?![\w/-]|\.\d)"
)
_TOKEN = re.compile(
    r"(?P<symbol>(?<![A-Za-z0-9.])(?:N e(?![A-Za-z])|t0(?!\w)|sqrt3|(?:"
    + "|".join(sorted([*GREEK, *_UPRIGHT], key=len, reverse=True))
    + r"|[A-Za-zα-ωΑ-Ω∞]|10(?=\^))(?![A-Za-z]))(?P<star>(?<=T)\*)?(?P<prime>(?<=[a-z]{3})'{1,2}(?![A-Za-z']))?"
    r"(?P<sub>_(?:[A-Za-z0-9]+)|[₀₁₂₃])?(?P<sup>\^(?:-?[\w.]+|\((?:[^()]|\([^()]{0,40}\)){0,40}\))|[²³⁴])?)"
    r"|(?P<number>(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w]|\.\d))"
    r"|(?P<operator><<|>>|<=|>=|[)|]\^\d+|,(?= [\w ]{1,14}\))|[=<>~≤≥+\-−/|()*⟨⟩])"
    r"|(?P<space> )"
    r"|(?P<text>(?:[A-Za-z0-9]+|.))",
    re.DOTALL,
)
_DIGITS = str.maketrans("₀₁₂₃²³⁴", "0123234")
_RAISED = str.maketrans("234", "²³⁴")
_PRIMES = {"'": "′", "''": "″"}


class _Token(NamedTuple):
    kind: str
    source: str
    markup: str = ""
    strong: bool = False
    base: str = ""


@functools.lru_cache(maxsize=8192)
def typeset(text: str) -> Markup:
    """Plain text with its formulae as MathML, names of ensembles in symbols, and everything escaped.

    Parameters
    ----------
    text : str

    Returns
    -------
    Markup
        Inline HTML: text and ``<math>`` elements.
    """
    tokens = _tokens(_in_symbols(text))
    pieces: list[str] = []
    place = 0
    while place < len(tokens):
        stop, words = place, tokens[place].kind == "text"
        while stop < len(tokens) and (tokens[stop].kind == "text") == words:
            stop += 1
        part = tokens[place:stop]
        pieces.append(_plain(part) if words or len(part) > _LONGEST_RUN else _run(part))
        place = stop
    return Markup("".join(pieces))


def _plain(tokens: Sequence[_Token]) -> str:
    return str(escape("".join(token.source for token in tokens)))


def _in_symbols(text: str) -> str:
    """Names of groups as what they stand for, means between angles, the power of a word raised."""
    shown = _GROUP.sub(lambda found: named(found[0]), text).replace("√3", "sqrt3").replace("√(", "sqrt(")
    return _POWER_OF_A_WORD.sub(lambda found: found[1].translate(_RAISED), _MEAN.sub(r"⟨\1⟩", shown))


def _tokens(text: str) -> list[_Token]:
    return [_token(found) for found in _TOKEN.finditer(text)]


def _token(found: re.Match[str]) -> _Token:
    source = found[0]
    if found["symbol"]:
        return _symbol(found)
    if found["number"]:
        return _Token("number", source, _number(source))
    if found["operator"]:
        if source[1:2] == "^":
            power = f'<msup><mo stretchy="false">{source[0]}</mo><mn>{source[2:]}</mn></msup>'
            return _Token("operator", source, power, True, source[0])
        stretchy = ' stretchy="false"' if source in "()|" else ""
        return _Token("operator", source, f"<mo{stretchy}>{escape(_OPERATORS[source])}</mo>", base=source)
    return _Token("space" if found["space"] else "text", source)


def _number(source: str) -> str:
    mantissa, _, exponent = source.partition("e")
    if not exponent:
        return f"<mn>{source}</mn>"
    power = f"<msup><mn>10</mn><mn>{int(exponent)}</mn></msup>".replace("-", "−")
    return power if mantissa == "1" else f"<mn>{mantissa}</mn><mo>×</mo>{power}"


def _symbol(found: re.Match[str]) -> _Token:
    source, sub, sup = found[0], found["sub"], found["sup"]
    base = re.split(r"[_^*'₀₁₂₃²³⁴]", source)[0]
    markup = _base(base)
    if found["star"]:
        markup = f"<msup>{markup}<mo>*</mo></msup>"
    if found["prime"]:
        markup = f"<msup>{markup}<mo>{_PRIMES[found['prime']]}</mo></msup>"
    below = _inner(sub.removeprefix("_").translate(_DIGITS)) if sub else ""
    above = _inner(sup.removeprefix("^").translate(_DIGITS)) if sup else ""
    if below and above:
        markup = f"<msubsup>{markup}{below}{above}</msubsup>"
    elif below:
        markup = f"<msub>{markup}{below}</msub>"
    elif above:
        markup = f"<msup>{markup}{above}</msup>"
    marked = bool(sub or sup or found["star"] or found["prime"])
    strong = marked or base in GREEK or base in ("t0", "sqrt3", "N e")
    return _Token("symbol", source, markup, strong, base)


def _base(base: str) -> str:
    if base == "t0":
        return "<msub><mi>t</mi><mn>0</mn></msub>"
    if base == "N e":
        return "<mrow><mi>N</mi><mi>e</mi></mrow>"
    if base == "sqrt3":
        return "<msqrt><mn>3</mn></msqrt>"
    if base == "10":
        return "<mn>10</mn>"
    return f"<mi>{GREEK.get(base, base)}</mi>"


def _inner(source: str) -> str:
    """A subscript or an exponent."""
    inside = source[1:-1] if source.startswith("(") else source
    parts = [
        token.markup or f"<mtext>{escape(token.source)}</mtext>" for token in _tokens(inside) if token.kind != "space"
    ]
    return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"


def _run(tokens: Sequence[_Token]) -> str:
    """A stretch without plain words: what stands in its middle is a formula, or nothing is."""
    start, stop = 0, len(tokens)
    changed = True
    while changed and start < stop:
        changed = False
        if _trimmed(tokens[start:stop], first=True):
            start, changed = start + 1, True
        elif _trimmed(tokens[start:stop], first=False):
            stop, changed = stop - 1, True
    before, inside, after = tokens[:start], tokens[start:stop], tokens[stop:]
    if not _is_formula(inside):
        return _plain(tokens)
    return f"{_plain(before)}<math>{_formula(inside)}</math>{_plain(after)}"


def _trimmed(tokens: Sequence[_Token], *, first: bool) -> bool:
    """Whether the token at one end cannot be part of a formula."""
    token = tokens[0 if first else -1]
    if token.kind == "space":
        return True
    if token.kind == "operator":
        if token.base == "|":
            return sum(each.base == "|" for each in tokens) % 2 == 1
        if token.base in "()":
            return not _balanced(tokens) or (first and token.base == ")") or (not first and token.base == "(")
        if token.base in "⟨⟩":
            return first != (token.base == "⟨")
        return not (first and token.base in ("-", "−", "<=", ">=", "≤", "≥", "<", ">", "~") and len(tokens) > 1)
    # An article, or a number that belongs to the sentence.
    beside = tokens[1:2] if first else tokens[-2:-1]
    lone = bool(beside) and beside[0].kind == "space"
    if token.kind == "symbol" and not token.strong and lone:
        further = tokens[2:3] if first else tokens[-3:-2]
        return token.base in ("a", "A", "I") or not further or further[0].kind == "number"
    return False


def _balanced(tokens: Sequence[_Token]) -> bool:
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.base, 0) if token.kind == "operator" else 0
        if depth < 0:
            return False
    return depth == 0


def _is_formula(tokens: Sequence[_Token]) -> bool:
    symbols = [token for token in tokens if token.kind == "symbol"]
    related = any(token.kind == "operator" and token.base in _RELATIONS for token in tokens)
    return _balanced(tokens) and (any(token.strong for token in tokens) or (related and bool(symbols)))


def _formula(tokens: Sequence[_Token]) -> str:
    parts: list[str] = []
    previous = ""
    gap = False
    for token in tokens:
        if token.kind == "space":
            gap = True
            continue
        operand = token.kind in ("symbol", "number")
        if gap and ((operand and previous in ("operand", ")")) or (token.base == "(" and previous == "operand")):
            parts.append('<mspace width="0.2em"/>')
        parts.append(token.markup)
        previous = "operand" if operand else token.base
        gap = False
    return _with_roots("".join(parts))


_ROOT = re.compile(
    r'<mi>sqrt</mi><mo stretchy="false">\(</mo>((?:(?!<mo stretchy="false">[()]</mo>).)*)<mo stretchy="false">\)</mo>'
)


def _with_roots(markup: str) -> str:
    return _ROOT.sub(r"<msqrt>\1</msqrt>", markup)
