"""Reading a configuration, with all its faults at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from tilefold.config.model import Config
from tilefold.config.section import Section


class ConfigError(ValueError):
    """A configuration that cannot be run; the message lists every fault that was found.

    Parameters
    ----------
    faults
        One sentence each.
    then
        What could not be checked yet because of them.
    """

    def __init__(self, faults: Sequence[str], then: str = "") -> None:
        self.faults = list(faults)
        lines = "\n".join(f"  - {fault}" for fault in self.faults)
        more = f"\nmend these, then {then} are checked too" if then else ""
        super().__init__(f"the configuration has {len(self.faults)} fault(s):\n{lines}{more}")


def read_config(raw: Mapping[str, Any]) -> Config:
    """Check a configuration's keys and values against the model.

    Parameters
    ----------
    raw
        The parsed YAML.

    Raises
    ------
    ConfigError
        With every unknown key, missing key and wrong value.
    """
    try:
        return Config.model_validate(_with_data_folder(raw, raw.get("data")))
    except ValidationError as error:
        raise ConfigError(_faults(_nearest_forms(error.errors())), then="the data") from None


def _with_data_folder(value: Any, folder: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_data_folder(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_data_folder(item, folder) for item in value]
    if isinstance(value, str) and isinstance(folder, str):
        return value.replace("{data}", folder.rstrip("/"))
    return value


def _nearest_forms(errors: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Errors, of a value that may have several forms only those of the forms that it comes nearest to.

    Nearest is where the error lies deepest; of a text, where texts are expected.
    """
    kept: list[Mapping[str, Any]] = []
    forms: dict[tuple[str | int, ...], dict[str | int, list[Mapping[str, Any]]]] = {}
    for error in errors:
        label = next((place for place, part in enumerate(error["loc"]) if not _is_key(part)), None)
        if label is None:
            kept.append(error)
        else:
            of_key = forms.setdefault(error["loc"][:label], {})
            of_key.setdefault(error["loc"][label], []).append(error)
    for of_key in forms.values():
        nearest = max(_nearness(found) for found in of_key.values())
        kept += [error for found in of_key.values() if _nearness(found) == nearest for error in found]
    return kept


def _nearness(errors: Sequence[Mapping[str, Any]]) -> tuple[int, bool]:
    for_texts = any(error["type"] in _TEXT_ERRORS and isinstance(error["input"], str) for error in errors)
    return max(len(error["loc"]) for error in errors), for_texts


_TEXT_ERRORS = frozenset({"literal_error", "string_pattern_mismatch", "value_error"})


def _faults(errors: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence for each key, sorted."""
    by_key: dict[str, list[Mapping[str, Any]]] = {}
    for error in errors:
        location = tuple(part for part in error["loc"] if _is_key(part))
        by_key.setdefault(".".join(map(str, location)), []).append(error)
    return sorted(f"{key}: {_complaint(found)}" if key else _wish(found[0]) for key, found in by_key.items())


def _complaint(errors: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong with the value of one key."""
    error = errors[0]
    if error["type"] == "extra_forbidden":
        return f"unknown key{_suggestion([part for part in error['loc'] if _is_key(part)])}"
    if error["type"] == "missing":
        return "missing, and there is no default"
    first, *others = dict.fromkeys(_wish(item) for item in errors)
    wishes = " or ".join([first, *(wish.removeprefix("expected ") for wish in others)])
    return f"found {error['input']!r}; {wishes}{_meant(error)}"


def _wish(error: Mapping[str, Any]) -> str:
    message = f"{error['msg'][0].lower()}{error['msg'][1:]}"
    return (
        message.replace("input should be ", "expected ")
        .replace("a valid i", "an i")
        .replace("a valid ", "a ")
        .replace("value error, ", "")
    )


def _meant(error: Mapping[str, Any]) -> str:
    if error["type"] != "literal_error":
        return ""
    words = re.findall("'([^']*)'", error["ctx"]["expected"])
    close = difflib.get_close_matches(str(error["input"]), words, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _is_key(part: str | int) -> bool:
    """Whether a part of pydantic's location is a key or index: names of union members are not."""
    return isinstance(part, int) or not (
        part.startswith(("literal[", "list[", "dict[", "constrained-")) or part in _TYPES
    )


_TYPES = frozenset({"str", "int", "float", "bool", "dict", "[key]", "Expression", "Function"})


def _suggestion(location: Sequence[str | int]) -> str:
    section: type[Section] | None = Config
    for part in location[:-1]:
        section = _subsection(section, str(part)) if section else None
    if section is None:
        return ""
    known = list(section.model_fields)
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known here: {', '.join(known)}"


def _subsection(section: type[Section], key: str) -> type[Section] | None:
    field = section.model_fields.get(key)
    annotation = field.annotation if field else None
    return annotation if isinstance(annotation, type) and issubclass(annotation, Section) else None
