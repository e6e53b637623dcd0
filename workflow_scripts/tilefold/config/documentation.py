"""The page and the schema of the configuration, made from its model."""

from __future__ import annotations

import json
from typing import Any, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from tilefold.config.model import Config
from tilefold.config.section import Section

HEADER = """# The configuration

This page is made from `workflow_scripts/tilefold/config/` by `make docs`. An unknown key is an error.
Paths are relative to the folder that snakemake is started in. `config/schema.json` is the same as a JSON
schema: an editor that knows it completes keys and marks mistakes.

| key | default | meaning |
| --- | --- | --- |
"""


def configuration_page() -> str:
    """Markdown page with one row a key."""
    return HEADER + "".join(f"| {' | '.join(row)} |\n" for row in _rows(Config, ""))


def configuration_schema() -> str:
    """JSON schema of the configuration."""
    return json.dumps(Config.model_json_schema(), indent=1, sort_keys=True) + "\n"


def _rows(section: type[Section], prefix: str) -> list[tuple[str, str, str]]:
    rows = []
    for name, field in section.model_fields.items():
        below = _section_of(field.annotation)
        several = below is not None and below is not field.annotation
        key = f"{prefix}{field.alias or name}"
        if below is None or several:
            rows.append((f"`{key}`", _default(field), _description(field)))
        if below is not None:
            rows += _rows(below, f"{key}{_levels(field.annotation)}.")
    return rows


def _section_of(annotation: Any) -> type[Section] | None:
    """Section that a field holds, alone, as values of a dict or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for part in getattr(annotation, "__args__", ()) if (found := _section_of(part))), None)


def _levels(annotation: Any) -> str:
    """What stands between a key and those of the section below: `.<name>` of a dict, `[]` of a list."""
    own = {dict: ".<name>", list: "[]"}.get(get_origin(annotation), "")
    below = (part for part in getattr(annotation, "__args__", ()) if _section_of(part))
    return own + next((_levels(part) for part in below), "")


def _description(field: FieldInfo) -> str:
    return " ".join((field.description or "").split()).replace("|", "\\|")


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "needed"
    if isinstance(field.default, Section):
        return ""
    return "none" if field.default is None else f"`{field.default}`"
