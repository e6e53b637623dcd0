"""What a network's source file says about its classes, read from its syntax tree: nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tilefold.networks.catalogue import NETWORKS

LIBRARY = Path(__file__).parents[1]

BASE = "tilefold.networks.base.TilefoldNetwork"

#: Classes of the library that a network may derive from, also where its file does not show their import.
_LIBRARY_CLASSES = {"TilefoldNetwork": BASE, **NETWORKS}


@dataclass(frozen=True)
class Signature:
    """Arguments of a method, without `self`.

    Attributes
    ----------
    required, optional
        Names of the arguments without and with a default.
    any_keyword
        Whether it takes ``**kwargs``.
    annotations
        Text of the annotation of each argument that has one.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    any_keyword: bool
    annotations: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """All named arguments."""
        return self.required + self.optional


@dataclass(frozen=True)
class Source:
    """A Python file: the classes at its top level, and dotted paths of what it imports, by the names it uses."""

    classes: Mapping[str, ast.ClassDef]
    imported: Mapping[str, str]


@dataclass(frozen=True)
class Method:
    """What a file tells of a class's method.

    Attributes
    ----------
    signature
        None where it was not found.
    complete
        Whether all bases could be looked at, so that a method that was not found is not there.
    """

    signature: Signature | None
    complete: bool


def library_file(class_path: str) -> tuple[Path, str]:
    """File and class name of a dotted class path of the library."""
    *parts, name = class_path.split(".")[1:]
    return LIBRARY.joinpath(*parts).with_suffix(".py"), name


def read_source(file: Path) -> Source:
    """Classes and imports of a file.

    Raises
    ------
    SyntaxError
        If the file is not valid Python, with file name and line.
    """
    tree = ast.parse(file.read_bytes(), str(file))
    imported: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            imported |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return Source({node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}, imported)


def constructor(source: Source, name: str) -> Method:
    """Constructor of a class, inherited ones included."""
    return _method(source, name, "__init__")


def forward_method(source: Source, name: str) -> Method:
    """Method `forward`, else `_forward`, of a class or of its bases below the library's base class."""
    found = _method(source, name, "forward", below=BASE)
    return found if found.signature else _method(source, name, "_forward", below=BASE)


def _method(source: Source, name: str, method: str, below: str | None = None) -> Method:
    if name not in source.classes:
        path = _library_path(source, name)
        if path is None or path == below:
            return Method(None, complete=path is not None)
        file, name = library_file(path)
        source = read_source(file)
    definition = source.classes[name]
    for node in definition.body:
        if isinstance(node, ast.FunctionDef) and node.name == method:
            return Method(_signature(node), complete=True)
    complete = True
    for base in map(ast.unparse, definition.bases):
        if base == name:
            continue
        found = _method(source, base, method, below)
        if found.signature is not None:
            return found
        complete = complete and found.complete
    return Method(None, complete)


def _library_path(source: Source, name: str) -> str | None:
    """Dotted path of a class of the library by the text that names it; None if it is from elsewhere."""
    start, dot, rest = name.partition(".")
    path = source.imported.get(start, start) + dot + rest
    if path.startswith("tilefold."):
        file, class_name = library_file(path)
        return path if file.is_file() and class_name in read_source(file).classes else None
    return _LIBRARY_CLASSES.get(name.rsplit(".", maxsplit=1)[-1])


def _signature(method: ast.FunctionDef) -> Signature:
    given = method.args
    every = [*given.posonlyargs, *given.args]
    positional = [argument.arg for argument in every][1:]
    split = len(positional) - len(given.defaults)
    keyword = list(zip(given.kwonlyargs, given.kw_defaults, strict=True))
    return Signature(
        required=(*positional[:split], *(argument.arg for argument, default in keyword if default is None)),
        optional=(*positional[split:], *(argument.arg for argument, default in keyword if default)),
        any_keyword=given.kwarg is not None,
        annotations={
            argument.arg: ast.unparse(argument.annotation)
            for argument in [*every, *given.kwonlyargs]
            if argument.annotation
        },
    )
