"""Start of every workflow script."""

from __future__ import annotations

from typing import Any

from tilefold.jobs.logs import configure_logging
from tilefold.jobs.process import die_with_engine


def start_job(snakemake: Any) -> dict[str, Any]:
    """Open the job's log, tie its life to the engine's, return its settings.

    Parameters
    ----------
    snakemake
        The engine's job object.
    """
    configure_logging(snakemake.log[0])
    die_with_engine()
    settings: dict[str, Any] = snakemake.params.settings
    return settings
