"""docs/performance.md against the benchmarks' targets."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def targets():
    """`TARGETS` of benchmarks/run.py, as words."""
    tree = ast.parse((ROOT / "benchmarks" / "run.py").read_text())
    (value,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "TARGETS"
    )
    pairs = zip(value.keys, value.values, strict=True)
    return {
        name.value: f"{pair.elts[0].id.lower().replace('_', ' ')} {ast.literal_eval(pair.elts[1]):g}"
        for name, pair in pairs
    }


def test_numbers_stand_beside_their_targets_and_what_is_missed_is_said():
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+)( \(missed\))? \| ([^|]+) \|", page, re.MULTILINE)
    assert len(rows) == page.count("| `")
    for name, measured, missed, wanted in rows:
        assert targets()[name] == wanted
        limit = float(wanted.split()[-1])
        reached = float(measured) >= limit if wanted.startswith("at least") else float(measured) <= limit
        assert reached == (not missed)
