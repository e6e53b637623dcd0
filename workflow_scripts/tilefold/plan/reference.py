"""What the configuration says of the reference data."""

from __future__ import annotations

from tilefold.config.model import Config


def reference_fields(config: Config) -> dict[str, str | None]:
    """Fields of the reference data by purpose, None where there is none."""
    reference = config.reference
    return {
        "id": reference.id_field,
        "group": reference.group_field,
        "split": reference.split_field,
        "fold": config.folds.field if config.folds.scheme == "field" else None,
    }
