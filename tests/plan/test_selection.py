import json

import pytest

from tilefold.config.design import Selection
from tilefold.plan.selection import read_counts, selection_faults, selection_settings

CODES = [1, 2, 5]


def faults(**keys):
    return selection_faults(Selection(**keys), CODES)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"strategy": "constant", "count": 5, "min": 3, "max": {1: 4}},
        {"strategy": "smallest", "prevalence": "reference"},
        {"strategy": "percent", "share": 0.1, "min": {1: 5, 5: 7}},
        {"strategy": "total", "total": 100, "quota": "equal", "sampler": "random"},
        {"strategy": "byclass", "by_class": {1: 100, 5: 0}, "offset": 3},
        {"strategy": "all", "max": 100, "jitter": 2},
    ],
)
def test_what_goes_together(keys):
    assert faults(**keys) == []


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            {"strategy": "all", "count": 5},
            "selection.count: not used by selection.strategy 'all'; remove it, or set strategy: constant",
        ),
        (
            {"strategy": "constant", "share": 0.5},
            "selection.share: not used by selection.strategy 'constant'; remove it, or set strategy: percent",
        ),
        ({"strategy": "percent"}, "selection.share: missing; selection.strategy 'percent' needs it"),
        ({"strategy": "total"}, "selection.total: missing; selection.strategy 'total' needs it"),
        ({"strategy": "byclass"}, "selection.by_class: missing; selection.strategy 'byclass' needs it"),
        (
            {"strategy": "byclass", "by_class": {1: 0}},
            "selection.by_class: asks for no pixel of any class; name classes and numbers",
        ),
        (
            {"strategy": "byclass", "by_class": {1: 9}, "min": 5},
            "selection.min: not used by selection.strategy 'byclass', which has a number for each class already; "
            "remove it",
        ),
        (
            {"strategy": "all", "min": 5},
            "selection.min: not used by selection.strategy 'all', which takes every pixel; remove it",
        ),
        (
            {"strategy": "total", "total": 9, "prevalence": "reference"},
            "selection.prevalence: 'reference' is not used by selection.strategy 'total', which follows these shares "
            "already; remove it, or set strategy: constant or smallest",
        ),
        (
            {"strategy": "byclass", "by_class": {1: 9}, "prevalence": "reference"},
            "selection.prevalence: 'reference' is not used by selection.strategy 'byclass', which gives each class "
            "its number; remove it, or set strategy: constant or smallest",
        ),
        ({"min": 9, "max": 5}, "selection.min: 9 is above selection.max, 5; lower one, raise the other"),
        (
            {"min": {2: 9}, "max": 5},
            "selection.min: 9 for class 2 is above selection.max, 5; lower one, raise the other",
        ),
        (
            {"sampler": "random", "jitter": 3},
            "selection.jitter: not used by selection.sampler 'random'; remove it, or set sampler: periodic",
        ),
        (
            {"sampler": "random", "offset": 0},
            "selection.offset: not used by selection.sampler 'random'; remove it, or set sampler: periodic",
        ),
        (
            {"offset": 3, "jitter": 3},
            "selection.offset: not used with selection.jitter, which moves each pick by itself; remove one",
        ),
        (
            {"max": {3: 5}},
            "selection.max: class 3 is not in reference.nomenclature; its codes are 1, 2, 5",
        ),
        (
            {"strategy": "byclass", "by_class": {1: 9, 7: 5}},
            "selection.by_class: class 7 is not in reference.nomenclature; its codes are 1, 2, 5",
        ),
    ],
)
def test_what_does_not(keys, expected):
    assert faults(**keys) == [expected]


def test_all_faults_are_named():
    found = faults(strategy="all", count=5, total=5, min=3, sampler="random", offset=1)
    assert [fault.split(":")[0] for fault in found] == [
        "selection.count",
        "selection.total",
        "selection.min",
        "selection.offset",
    ]


def test_unknown_codes_are_not_checked():
    assert selection_faults(Selection(max={3: 5}), []) == []


def read(tmp_path, text):
    path = tmp_path / "counts.csv"
    path.write_text(text)
    selection, wrong = read_counts(Selection(strategy="byclass", by_class=str(path)))
    return selection.by_class, [fault.removeprefix(f"selection.by_class: {path}, ") for fault in wrong]


def test_a_csv_as_otb_reads_it(tmp_path):
    assert read(tmp_path, "1,3\n 2 , 20\n\n5,2\n") == ({1: 3, 2: 20, 5: 2}, [])


def test_faults_of_a_csv_name_the_line(tmp_path):
    source, found = read(tmp_path, "class,number\n1,3\n1,4\n2\n")
    assert isinstance(source, str)
    assert found == [
        "line 1: found 'class,number'; expected a class code and a number of pixels, divided by a comma",
        "line 3: class 1 again; keep one line",
        "line 4: found '2'; expected a class code and a number of pixels, divided by a comma",
    ]
    assert read_counts(Selection(by_class="none.csv"))[1] == ["selection.by_class: no file none.csv"]


def test_settings_hold_numbers_in_the_order_of_codes():
    selection = Selection(strategy="byclass", by_class={5: 2, 1: 7}, offset=4)
    assert selection_settings(selection, CODES) == {
        "min_clear_dates": 1,
        "strategy": {"name": "byclass", "by_class": [7, 0, 2]},
        "prevalence": "sampled",
        "limits": {"min": [None] * 3, "max": [None] * 3},
        "quota": "none",
        "sampler": {"name": "periodic", "offset": 4, "jitter": 0},
    }
    limited = selection_settings(Selection(min={2: 5}, max=9), CODES)
    assert limited["limits"] == {"min": [None, 5, None], "max": [9, 9, 9]}
    assert limited["strategy"] == {"name": "constant", "count": 10000}


def test_a_selection_survives_the_snapshot():
    selection = Selection(strategy="byclass", by_class={5: 2, 1: 7})
    again = Selection.model_validate(json.loads(json.dumps(selection.model_dump(mode="json"))))
    assert again == selection
    assert selection_faults(again, CODES) == []
