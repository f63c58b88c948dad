"""Plain English in docstrings, messages and docs."""

import ast
import functools
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "bosonpeak"
OPENINGS = re.compile(r"(What|Whether|Whoever|Where|That|Those|How|Which|When|Who|Why|One that)\b")
SECTIONS = re.compile(r"^(Parameters|Returns|Raises|Yields|Attributes|Notes|Examples|See Also)\n-{3,}", re.MULTILINE)
PHRASES = (
    "are told",
    "is told",
    "lies beside",
    "come along",
    "modes a sample",
    "modes a particle",
    "energy a particle",
    "strangers' files",
    "held against",
    "holds published claims against",
    "hold the claims against",
    "make an excess, too",
    "go on with one",
    "say nothing of progress",
    "holds not one",
    "mirror to ask",
    "know of each other",
    "by an analysis fixed before",
    "beside the four papers",
    "be told from",
    "not those of the",
    "nobody knows",
    "comes to be",
    "what came out",
)
Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@functools.cache
def _public() -> set[str]:
    """Names in the stubs of the packages, and in `__all__` of modules."""
    trees = [ast.parse(stub.read_text(encoding="utf-8")) for stub in PACKAGE.rglob("*.pyi")]
    imports = [node for tree in trees for node in tree.body if isinstance(node, ast.ImportFrom)]
    listed = [
        node.value
        for path in _modules()
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    return {alias.name for node in imports for alias in node.names} | {
        name for value in listed for name in ast.literal_eval(value)
    }


def _definitions(node: ast.AST, outer: tuple[Definition, ...] = ()) -> Iterator[tuple[Definition, ...]]:
    """Chains of nested definitions, each from the outermost to the innermost."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            yield (*outer, child)
            yield from _definitions(child, (*outer, child))
        elif isinstance(child, ast.If | ast.Try | ast.With):
            yield from _definitions(child, outer)


def _attributes(tree: ast.AST) -> Iterator[str]:
    """Strings below assignments, which document a constant, a type or a field."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for before, after in itertools.pairwise(body) if isinstance(body, list) else ():
            text = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else None
            if isinstance(before, ast.Assign | ast.AnnAssign) and isinstance(text, str):
                yield text


def _may_have_sections(chain: tuple[Definition, ...], public: set[str]) -> bool:
    """Test for public names, and for protocols and records, whose docstrings feed the reference and the schema."""
    first = chain[0]
    bases = {ast.unparse(base).split("[")[0] for base in first.bases} if isinstance(first, ast.ClassDef) else set()
    hidden = any(each.name.startswith("_") and not each.name.startswith("__") for each in chain)
    return not hidden and (first.name in public or bool(bases & {"Protocol", "Record"}))


@pytest.mark.parametrize("module", _modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_docstrings_are_short_and_begin_with_their_subject(module):
    tree, public = ast.parse(module.read_text(encoding="utf-8")), _public()
    opened, divided = [], []
    for chain in [(), *_definitions(tree)]:
        name, text = ".".join(each.name for each in chain), ast.get_docstring(chain[-1] if chain else tree) or ""
        opened += [name] if OPENINGS.match(text) else []
        divided += [name] if chain and SECTIONS.search(text) and not _may_have_sections(chain, public) else []
    opened += [text for text in _attributes(tree) if OPENINGS.match(text)]
    assert opened == [], "docstrings that begin with a relative or question word"
    assert divided == [], "internal definitions with sections"


def _texts() -> Iterator[tuple[str, str]]:
    """Pages without generated tables, and strings of the package, with their places.

    Labels of sample generators are left out: the content digest of stored datasets contains them.
    """
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for page in pages:
        if page.name != "claims-changelog.md" and "generated" not in page.parts:
            text = re.sub(r"<!-- table.*?<!-- end", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
            yield str(page.relative_to(ROOT)), text
    for module in _modules():
        if PACKAGE / "generators" / "sample_generators" not in module.parents:
            for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield f"{module.relative_to(ROOT)}:{node.lineno}", node.value


def test_texts_have_none_of_the_phrases_that_readers_stumble_over():
    found = [
        f"{place}: {phrase}"
        for place, text in _texts()
        for phrase in PHRASES
        if phrase in " ".join(text.split()).lower()
    ]
    assert found == []
