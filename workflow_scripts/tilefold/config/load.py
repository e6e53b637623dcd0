"""Reading a configuration, with all its faults at once."""

from __future__ import annotations

import difflib
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
        faults = [_fault(dict(item)) for item in error.errors()]
        raise ConfigError(sorted(set(faults)), then="the data") from None


def _with_data_folder(value: Any, folder: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_data_folder(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_data_folder(item, folder) for item in value]
    if isinstance(value, str) and isinstance(folder, str):
        return value.replace("{data}", folder.rstrip("/"))
    return value


def _fault(error: Mapping[str, Any]) -> str:
    location = tuple(part for part in error["loc"] if _is_key(part))
    key = ".".join(str(part) for part in location)
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown key{_suggestion(location)}"
    if error["type"] == "missing":
        return f"{key}: missing, and there is no default"
    return f"{key}: found {error['input']!r}; {error['msg'][0].lower()}{error['msg'][1:]}"


def _is_key(part: str | int) -> bool:
    """Whether a part of pydantic's location is a key or index: names of union members are not."""
    return isinstance(part, int) or not (
        part.startswith(("literal[", "list[", "dict[", "constrained-")) or part in _TYPES
    )


_TYPES = frozenset({"str", "int", "float", "bool", "Expression", "Function", "[key]"})


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
