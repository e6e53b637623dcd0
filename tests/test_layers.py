"""Imports of the library run one way."""

import ast
import re
from pathlib import Path

import tilefold

LIBRARY = Path(tilefold.__file__).parent

#: A room may import the rooms before it.
ORDER = [
    "grids",
    "storage",
    "sensors",
    "series",
    "ground_truth",
    "regions",
    "folds",
    "sampling",
    "networks",
    "training",
    "inference",
    "validation",
    "report",
    "simulation",
    "jobs",
    "cluster",
    "config",
    "plan",
    "cli",
]
STAGES = ORDER[: ORDER.index("config")]


def imports():
    for file in sorted(LIBRARY.rglob("*.py")):
        room = file.relative_to(LIBRARY).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file}: relative import"
                names = [node.module or ""]
            for name in names:
                yield file, room, name


def test_rooms_import_only_the_rooms_before_them():
    wrong = []
    for file, room, name in imports():
        if name.startswith("tilefold.") and room != "__init__":
            other = name.split(".")[1]
            if ORDER.index(other) > ORDER.index(room):
                wrong.append(f"{file.relative_to(LIBRARY)} imports {name}")
    assert wrong == []


def test_the_page_names_the_rooms_in_this_order():
    page = (LIBRARY.parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)(?:/|\.py)` \|", page, re.MULTILINE) == ORDER


def test_torch_is_imported_only_where_it_is_needed():
    rooms = {
        room
        for file, room, name in imports()
        if name.split(".")[0] == "torch" and "TYPE_CHECKING" not in file.read_text()
    }
    assert rooms <= {"networks", "training", "inference"}


def test_files_and_functions_are_short():
    for file in LIBRARY.parent.rglob("*.py"):
        source = file.read_text()
        limit = 400 if LIBRARY in file.parents else 60
        assert source.count("\n") <= limit, file
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno - node.lineno <= 60, f"{file}: {node.name}"
