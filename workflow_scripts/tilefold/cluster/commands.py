"""Commands that the engine's generic cluster executor starts for PBS; their output is what it reads."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tilefold.cluster.records import Records
from tilefold.cluster.status import job_status
from tilefold.cluster.submission import PBSPRO, TORQUE, Request, SubmissionError, submit


def submit_command(arguments: Sequence[str] | None = None) -> int:
    """Submit a job script and print the job's identifier."""
    parser = _parser("tilefold-pbs-submit", submit_command)
    parser.add_argument("--threads", type=int, required=True, help="cores")
    parser.add_argument("--gpus", type=int, default=0, help="GPUs")
    parser.add_argument("--mem-mb", type=int, required=True, help="memory in megabytes")
    parser.add_argument("--minutes", type=int, required=True, help="walltime")
    parser.add_argument("--queue", default="", help="queue of jobs without a GPU")
    parser.add_argument("--gpu-queue", default="", help="queue of jobs with a GPU; default: the other one")
    parser.add_argument("--account", default="", help="account or project")
    parser.add_argument("script", type=Path, help="the engine's job script")
    given = parser.parse_args(arguments)
    queue = (given.gpu_queue if given.gpus else "") or given.queue
    request = Request(given.threads, given.gpus, given.mem_mb, given.minutes, queue, given.account)
    try:
        print(submit(given.script, request, given.dialect, Records()))
    except SubmissionError as error:
        print(f"tilefold-pbs-submit: {error}", file=sys.stderr)
        return 1
    return 0


def status_command(arguments: Sequence[str] | None = None) -> int:
    """Print `running`, `success` or `failed`."""
    parser = _parser("tilefold-pbs-status", status_command)
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


def _parser(name: str, command: object) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=name, description=command.__doc__)
    dialects = (PBSPRO, TORQUE)
    parser.add_argument("--dialect", choices=dialects, default=PBSPRO, help="what the server understands")
    return parser
