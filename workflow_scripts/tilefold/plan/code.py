"""Digests of the code that a rule's job runs: its script and the library modules it reaches."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

LIBRARY = Path(__file__).parents[1]
SCRIPTS = LIBRARY.parent

#: Modules of plain data whose entries come to a job through its settings: a new entry concerns nobody else.
CATALOGUES = frozenset({"tilefold.sensors.catalogue", "tilefold.networks.catalogue"})


def rule_digest(rule: str, modules: Sequence[str] = (), files: Sequence[Path | str] = ()) -> str:
    """Digest of a rule's script, of all modules of the library that it reaches by imports, and more.

    Comments, docstrings and layout do not count.

    Parameters
    ----------
    rule
        Name of the rule, which is the name of its script.
    modules
        Modules that the job loads by name, because its settings say so (a network, a reader).
    files
        Data files and user modules that the job reads, such as templates.
    """
    script = SCRIPTS / f"{rule}.py"
    reached = _reachable([*_imports(script), *modules])
    combined = hashlib.sha256(_source_digest(script).encode())
    for module in sorted(reached):
        combined.update(f"{module} {_source_digest(_module_file(module))}\n".encode())
    for file in files:
        path = Path(file)
        text = _source_digest(path) if path.suffix == ".py" else hashlib.sha256(path.read_bytes()).hexdigest()
        combined.update(text.encode())
    return combined.hexdigest()[:16]


def _reachable(modules: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in seen and module not in CATALOGUES:
            seen.add(module)
            waiting += _imports(_module_file(module))
    return seen


@cache
def _module_file(module: str) -> Path:
    parts = module.split(".")[1:]
    file = LIBRARY.joinpath(*parts).with_suffix(".py")
    return file if file.is_file() else LIBRARY.joinpath(*parts, "__init__.py")


def _is_module(name: str) -> bool:
    return name == "tilefold" or _module_file(name).is_file()


@cache
def _imports(file: Path) -> tuple[str, ...]:
    """Modules of the library that a file imports, anywhere in it."""
    found: list[str] = []
    for node in _statements(_tree(file).body):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            below = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [name if _is_module(name) else node.module for name in below if _in_library(name)]
    return tuple(sorted({name for name in found if _in_library(name) and _is_module(name)}))


def _in_library(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] == "tilefold"


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


@cache
def _source_digest(file: Path) -> str:
    tree = _tree(file)
    for node in [tree, *_statements(tree.body)]:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [statement for statement in node.body if not _is_docstring(statement)]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _statements(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All statements below, and the clauses that hold some; ten times fewer nodes than `ast.walk` visits."""
    for node in body:
        yield node
        for field in ("body", "handlers", "orelse", "finalbody", "cases"):
            below = getattr(node, field, ())
            if isinstance(below, list):
                yield from _statements(below)


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
