from pathlib import Path

import pytest

from tilefold.config.load import read_config
from tilefold.plan import code, rules
from tilefold.plan.code import SCRIPTS, rule_digest


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A library of three modules, of which a script reaches two."""
    files = {
        "tilefold/__init__.py": "",
        "tilefold/a.py": "from tilefold.b import f\n\ndef g():\n    return f()\n",
        "tilefold/b.py": '"""B."""\n\ndef f():\n    """F."""\n    return 1  # one\n',
        "tilefold/c.py": "X = 1\n",
        "stage.py": "from tilefold.a import g\ng()\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(code, "LIBRARY", tmp_path / "tilefold")
    monkeypatch.setattr(code, "SCRIPTS", tmp_path)
    return tmp_path


def changed(library, name, old, new):
    before = rule_digest("stage")
    path = library / name
    path.write_text(path.read_text().replace(old, new))
    code._imports.cache_clear()
    code._tree.cache_clear()
    code._source_digest.cache_clear()
    return rule_digest("stage") != before


def test_a_changed_function_counts_wherever_it_is_reached(library):
    assert changed(library, "tilefold/b.py", "return 1", "return 2")


def test_the_script_counts(library):
    assert changed(library, "stage.py", "g()\n", "g(); g()\n")


def test_comments_docstrings_and_layout_do_not_count(library):
    assert not changed(library, "tilefold/b.py", '"""F."""', '"""Another text."""')
    assert not changed(library, "tilefold/b.py", "# one", "# uno")
    assert not changed(library, "tilefold/a.py", "\n\ndef", "\n\n\n\ndef")


def test_what_is_not_reached_does_not_count(library):
    assert not changed(library, "tilefold/c.py", "1", "2")


def test_modules_and_files_named_by_settings_count(library, tmp_path):
    template = tmp_path / "page.html"
    template.write_text("x")
    plain = rule_digest("stage")
    assert rule_digest("stage", ["tilefold.c"]) != plain
    assert rule_digest("stage", files=[template]) != plain


def test_every_rule_has_a_script_and_every_script_a_rule():
    from tilefold.plan.settings import BUILDERS

    assert {path.stem for path in Path(SCRIPTS).glob("*.py")} == set(BUILDERS)


def test_tables_do_not_depend_on_training_code():
    reached = code._reachable(code._imports(SCRIPTS / "summarise_runs.py"))
    assert not any(name.startswith(("tilefold.training", "tilefold.networks")) for name in reached)
    assert not any(name.startswith(("tilefold.plan", "tilefold.config")) for name in reached)


@pytest.mark.parametrize(
    ("method", "kernel"), [("linear", "interpolation"), ("none", "interpolation"), ("gaussian", "smoothing")]
)
def test_kernels_count_for_the_sensors_that_use_them(monkeypatch, method, kernel):
    asked = {}
    monkeypatch.setattr(rules, "rule_digest", lambda rule, modules, _: asked.setdefault(rule, modules))
    config = {
        "results": "r",
        "sensors": {"sentinel2": {"path": "p", "method": method}},
        "reference": {"path": "v", "class_field": "c", "nomenclature": "n.csv"},
    }
    rules.code_digests(read_config(config))
    assert asked["preprocess"] == ["tilefold.sensors.folders", f"tilefold.series.{kernel}"]
    assert asked["classify_chunk"] == ["tilefold.networks.mlp"]
