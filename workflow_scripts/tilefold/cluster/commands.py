"""Commands that the engine's generic cluster executor starts for PBS; their output is what it reads."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tilefold.cluster.records import Records
from tilefold.cluster.status import job_status
from tilefold.cluster.submission import PBSPRO, TORQUE, submit


def submit_command(arguments: Sequence[str] | None = None) -> int:
    """Submit a job script and print the job's identifier."""
    parser = argparse.ArgumentParser(prog="tilefold-pbs-submit", description=submit_command.__doc__)
    parser.add_argument("script", type=Path, help="the engine's job script, which says what the job asks for")
    given = parser.parse_args(arguments)
    try:
        print(submit(given.script, Records()))
    except ValueError as error:
        print(f"tilefold-pbs-submit: {error}", file=sys.stderr)
        return 1
    return 0


def status_command(arguments: Sequence[str] | None = None) -> int:
    """Print `running`, `success` or `failed`."""
    parser = argparse.ArgumentParser(prog="tilefold-pbs-status", description=status_command.__doc__)
    dialects = (PBSPRO, TORQUE)
    parser.add_argument("--dialect", choices=dialects, default=PBSPRO, help="what the server understands")
    parser.add_argument("job", help="identifier that the submission printed")
    given = parser.parse_args(arguments)
    print(job_status(given.job, Records(), given.dialect))
    return 0


def cancel_command(arguments: Sequence[str] | None = None) -> int:
    """Cancel jobs; the engine waits two seconds at most, so nobody waits for the server."""
    parser = argparse.ArgumentParser(prog="tilefold-pbs-cancel", description=cancel_command.__doc__)
    parser.add_argument("jobs", nargs="+", help="identifiers that the submission printed")
    given = parser.parse_args(arguments)
    subprocess.Popen(["qdel", *given.jobs], stdin=subprocess.DEVNULL, start_new_session=True)
    return 0
