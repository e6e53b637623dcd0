"""State of submitted PBS jobs, with few questions to the server."""

from __future__ import annotations

import json
import logging
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace

from tilefold.cluster.records import Answers, Records
from tilefold.cluster.submission import PBSPRO

logger = logging.getLogger(__name__)

#: Seconds for which an answer of the server is good: one question for all jobs that the engine asks for meanwhile.
FRESH_SECONDS = 15.0
#: Questions in a row that must not know a job before it counts as failed.
MISSES = 3
#: Words of the engine.
RUNNING, SUCCESS, FAILED = "running", "success", "failed"
#: What a server says of a job that it does not know.
UNKNOWN = "unknown job"
#: Seconds after which a server counts as not answering.
SERVER_SECONDS = 60.0
#: States of PBS of a job that has ended: finished (PBS Pro), completed (Torque), array job expired.
ENDED = ("F", "C", "X")


def job_status(job: str, records: Records, dialect: str, *, now: float | None = None) -> str:
    """`running`, `success` or `failed`.

    A job's own exit code is believed first. A job without one is asked for; one that the server reports as ended, or
    does not know, had no time to write its code or was killed: it fails, but only after `MISSES` questions in a row,
    since the file may come late over a network and the server may be busy. A server that does not answer changes
    nothing.

    Parameters
    ----------
    job
        Identifier that `qsub` gave.
    records
        Where jobs are remembered.
    dialect
        `pbspro` or `torque`.
    now
        Seconds of the system clock, for tests.
    """
    code = records.exit_code(job)
    if code is not None:
        return FAILED if code else SUCCESS
    with records.locked():
        answers = records.read_answers()
        moment = time.time() if now is None else now
        if moment - answers.asked >= FRESH_SECONDS or job not in answers.misses:
            answers = _ask([*records.unfinished(), job], replace(answers, asked=moment), dialect)
            records.write_answers(answers)
    return FAILED if answers.misses[job] >= MISSES else RUNNING


def _ask(jobs: Sequence[str], before: Answers, dialect: str) -> Answers:
    jobs = list(dict.fromkeys(jobs))
    known = {job: before.misses.get(job, 0) for job in jobs}
    alive = running_jobs(jobs, dialect)
    if alive is None:
        return replace(before, misses=known)
    return replace(before, misses={job: 0 if job in alive else number + 1 for job, number in known.items()})


def running_jobs(jobs: Sequence[str], dialect: str) -> set[str] | None:
    """Which of some jobs have not ended; None if the server does not answer."""
    options = ["-x", "-f", "-F", "json"] if dialect == PBSPRO else []
    try:
        done = subprocess.run(
            ["qstat", *options, *jobs], capture_output=True, text=True, check=False, timeout=SERVER_SECONDS
        )
        states = _states_of_json(done.stdout) if dialect == PBSPRO else _states_of_table(done.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        logger.warning("qstat gave no answer, asked again later: %s", error)
        return None
    if not states and done.returncode and UNKNOWN not in done.stderr.lower():
        logger.warning("qstat gave no answer, asked again later: %s", done.stderr.strip())
        return None
    alive = {_number(name) for name, state in states.items() if state not in ENDED}
    return {job for job in jobs if _number(job) in alive}


def _states_of_json(text: str) -> dict[str, str]:
    """States by job of `qstat -f -F json`; a server that knows none of the jobs may print nothing."""
    jobs: dict[str, dict[str, str]] = json.loads(text).get("Jobs", {}) if text.strip() else {}
    return {name: job["job_state"] for name, job in jobs.items()}


def _states_of_table(text: str) -> dict[str, str]:
    """States by job of Torque's `qstat`: the identifier stands first in a line, the state before the queue."""
    lines = [line.split() for line in text.splitlines()]
    return {words[0]: words[-2] for words in lines if len(words) > 2 and words[0][0].isdigit()}


def _number(job: str) -> str:
    """What names a job everywhere: a server may leave out its own name, which stands behind the first dot."""
    return job.split(".", maxsplit=1)[0]
