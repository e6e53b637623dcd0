"""Submission commands that wait for a scheduler which cannot be reached."""

from __future__ import annotations

import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tilefold.storage.whole import write_text

logger = logging.getLogger(__name__)

#: Seconds between tries, and for how long there are any.
PAUSE_SECONDS = 10.0
PATIENCE_SECONDS = 3600.0
#: What Slurm and PBS say where no connection was made, so that no job can have been taken. A time that ran out
#: while the answer was awaited is not among them: the job may be queued, and a second try would queue it twice.
UNREACHABLE = re.compile(
    r"unable to contact slurm controller|cannot connect to (?:specified )?server|connection refused"
    r"|no route to host|network is unreachable",
    re.IGNORECASE,
)


def submit_patiently(command: Sequence[str], *, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a submission command, again and again while it says that it cannot reach the scheduler.

    Parameters
    ----------
    command
        The command and its arguments.
    text
        What it reads from its standard input.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if not done.returncode or not UNREACHABLE.search(done.stderr) or time.monotonic() > end:
            return done
        # What the command said is not repeated: the engine's executor looks for it in what a good submission says.
        logger.warning(
            "%s cannot reach the scheduler; tried again in %g s", Path(command[0]).name, PAUSE_SECONDS
        )
        time.sleep(PAUSE_SECONDS)


def install_sbatch(folder: Path) -> None:
    """Put a command `sbatch` before Slurm's own on this process's path: the same, submitted patiently.

    The engine's executor for Slurm takes a failed submission for a failed job.

    Parameters
    ----------
    folder
        Where the command is written.
    """
    found = shutil.which("sbatch")
    if found is None:
        return
    script = folder.absolute() / "sbatch"
    words = [sys.executable, "-m", "tilefold.cluster.patience", found]
    write_text(script, f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    script.chmod(0o755)
    os.environ["PATH"] = f"{script.parent}{os.pathsep}{os.environ['PATH']}"


def main(command: Sequence[str]) -> int:
    """Run a submission command with this process's standard input and output."""
    # Slurm reads a script only where one is named so.
    text = sys.stdin.read() if "/dev/stdin" in command else None
    done = submit_patiently(command, text=text)
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
