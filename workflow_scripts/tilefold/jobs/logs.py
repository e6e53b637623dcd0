"""Logging of a job: one file a job, and what a person watches on the terminal."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import TracebackType

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def configure_logging(log: Path | str) -> None:
    """Send records to the job's log; warnings to the terminal too; an uncaught exception to both.

    Parameters
    ----------
    log
        The job's log file; its folder is made.
    """
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    to_file = logging.FileHandler(path, mode="w", encoding="utf-8")
    to_terminal = logging.StreamHandler(sys.stderr)
    to_terminal.setLevel(logging.WARNING)
    logging.basicConfig(level=logging.INFO, format=FORMAT, handlers=[to_file, to_terminal], force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_exception


def _log_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger("tilefold").critical("the job failed: %s", error, exc_info=(kind, error, trace))
