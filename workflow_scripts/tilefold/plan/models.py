"""Models of another project: whether they fit the tiles, bands and dates of this one."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tilefold.plan.plan import Plan
from tilefold.plan.sensors import network_inputs
from tilefold.training.model_file import ModelFileError, read_model_description

#: What an input must have in common with the model's, and how messages call it.
ALIKE = {
    "kind": "kind",
    "bands": "bands",
    "features": "features",
    "expressions": "expressions",
    "aliases": "bands of features",
    "scale": "scale",
    "offset": "offset",
    "components": "components",
}


def model_faults(plan: Plan) -> list[str]:
    """What keeps the models of `models.from` from mapping this project's tiles; every difference is shown."""
    source = plan.config.models.source
    if source is None:
        return []
    faults: list[str] = []
    for run in plan.runs:
        for region in plan.regions:
            path = Path(source) / plan.model_file(run.fold, run.seed, region)
            try:
                content = read_model_description(path)
            except (OSError, ModelFileError) as error:
                faults.append(
                    f"models.from: {path} cannot be read as a model ({error}); finish that project first"
                )
                continue
            if "untrained" not in content:
                found = [*_class_faults(plan, content), *_input_faults(plan, content["inputs"])]
                faults += [f"models.from: {path}: {fault}" for fault in found]
    return list(dict.fromkeys(faults))


def _class_faults(plan: Plan, content: Mapping[str, Any]) -> list[str]:
    if content["classes"] == plan.codes:
        return []
    return [f"its classes are {content['classes']}, those of reference.nomenclature {plan.codes}"]


def _input_faults(plan: Plan, trained: Mapping[str, Mapping[str, Any]]) -> list[str]:
    given = network_inputs(plan)
    if list(given) != list(trained):
        return [f"it was trained on the inputs {', '.join(trained)}, here are {', '.join(given)}"]
    faults = []
    for name, spec in trained.items():
        for key, words in ALIKE.items():
            if spec.get(key) != given[name].get(key):
                faults.append(f"the {words} of {name} were {spec.get(key)}, here {given[name].get(key)}")
        if "dates" in spec:
            tolerance = plan.config.models.tolerance_days
            fault = calendar_difference(spec["dates"], given[name]["dates"], tolerance)
            faults += [f"the calendar of {name}: {fault}"] if fault else []
    return faults


def calendar_difference(trained: Sequence[str], given: Sequence[str], tolerance: int) -> str:
    """Say how two calendars differ as positions in the year; empty where they do not.

    Parameters
    ----------
    trained, given
        Dates (ISO), ascending.
    tolerance
        Days by which positions may differ.
    """
    if len(trained) != len(given):
        return (
            f"it had {len(trained)} dates ({trained[0]} to {trained[-1]}), here are {len(given)} ({given[0]} to "
            f"{given[-1]}); set calendar.start, calendar.end and calendar.step"
        )
    apart = [
        (one, other)
        for one, other, first, second in zip(
            trained, given, positions(trained), positions(given), strict=True
        )
        if abs(first - second) > tolerance
    ]
    if not apart:
        return ""
    one, other = apart[0]
    return (
        f"{len(apart)} of {len(trained)} dates lie elsewhere in the year, the first is {other} in the place of "
        f"{one}; set calendar.start and calendar.end, or models.tolerance_days"
    )


def positions(dates: Sequence[str]) -> list[int]:
    """Days since the beginning of the first date's year."""
    days = [datetime.date.fromisoformat(date) for date in dates]
    start = datetime.date(days[0].year, 1, 1)
    return [(day - start).days for day in days]
