"""Submission of a job to PBS."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilefold.cluster.patience import submit_patiently
from tilefold.cluster.records import Records
from tilefold.storage.whole import write_text

PBSPRO, TORQUE = "pbspro", "torque"
#: Longest name of a job that each dialect takes for certain.
NAME_LENGTH = {PBSPRO: 60, TORQUE: 15}


class SubmissionError(ValueError):
    """A job that the server did not take."""


@dataclass(frozen=True)
class Request:
    """What a job asks for.

    Attributes
    ----------
    threads, gpus
        Cores and GPUs.
    mem_mb, minutes
        Memory in megabytes, walltime in minutes.
    queue, account
        As the site names them; empty: the site's default.
    """

    threads: int
    gpus: int
    mem_mb: int
    minutes: int
    queue: str = ""
    account: str = ""


def qsub_arguments(request: Request, dialect: str, name: str, logs: Path) -> list[str]:
    """Arguments of `qsub`, before the script.

    PBS Pro and OpenPBS take chunks (``select``), Torque nodes with processors; walltime is hours:minutes:seconds.

    Raises
    ------
    ValueError
        If the dialect is unknown.
    """
    walltime = f"{request.minutes // 60:02d}:{request.minutes % 60:02d}:00"
    if dialect == PBSPRO:
        gpus = f":ngpus={request.gpus}" if request.gpus else ""
        wanted = ["-l", f"select=1:ncpus={request.threads}:mem={request.mem_mb}mb{gpus}"]
        wanted += ["-l", f"walltime={walltime}"]
    elif dialect == TORQUE:
        gpus = f":gpus={request.gpus}" if request.gpus else ""
        nodes = f"nodes=1:ppn={request.threads}{gpus}"
        wanted = ["-l", f"{nodes},mem={request.mem_mb}mb,walltime={walltime}"]
    else:
        raise ValueError(f"dialect: found {dialect!r}, expected {PBSPRO} or {TORQUE}")
    queue = ["-q", request.queue] if request.queue else []
    account = ["-A", request.account] if request.account else []
    return ["-V", "-N", name[: NAME_LENGTH[dialect]], "-j", "oe", "-o", f"{logs}/", *wanted, *queue, *account]


def read_properties(script: Path) -> dict[str, Any]:
    """What the engine wrote into a job's script: rule, wildcards, threads, resources.

    Raises
    ------
    SubmissionError
        If there is nothing of it.
    """
    found = re.search(r"^# properties = (.*)$", script.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SubmissionError(
            f"{script}: found no line '# properties = ...', expected a job script of the engine"
        )
    properties: dict[str, Any] = json.loads(found[1])
    return properties


def request_of(properties: Mapping[str, Any]) -> Request:
    """Ask for a job's threads and resources; jobs with a GPU go to `pbs_gpu_queue` where there is one."""
    resources = properties.get("resources", {})
    gpus = int(resources.get("gpu", 0))
    queue = str(resources.get("pbs_queue", ""))
    return Request(
        threads=int(properties.get("threads", 1)),
        gpus=gpus,
        mem_mb=int(resources["mem_mb"]),
        minutes=int(resources["runtime"]),
        queue=str(resources.get("pbs_gpu_queue", "") or queue) if gpus else queue,
        account=str(resources.get("pbs_account", "")),
    )


def job_name(properties: Mapping[str, Any]) -> str:
    """Readable name of a job: its rule, or its group, and the values of its wildcards."""
    rule = str(properties.get("rule") or properties.get("groupid") or "job")
    words = [rule, *(str(value) for value in properties.get("wildcards", {}).values())]
    return re.sub(r"[^\w.-]+", "-", "_".join(words))


def submit(script: Path, records: Records) -> str:
    """Submit the engine's job script, wrapped so that the job leaves its exit code; the job's identifier.

    The resource `pbs_dialect` says what the server understands. A server that cannot be reached is waited for.

    Raises
    ------
    SubmissionError
        If `qsub` fails; with what it said.
    """
    properties = read_properties(script)
    dialect = str(properties.get("resources", {}).get("pbs_dialect", PBSPRO))
    for folder in (records.logs, records.exits):
        folder.mkdir(parents=True, exist_ok=True)
    wrapped = records.folder / "scripts" / script.name
    write_text(wrapped, _wrapper(script, records))
    wanted = qsub_arguments(request_of(properties), dialect, job_name(properties), records.logs.resolve())
    command = ["qsub", *wanted, str(wrapped)]
    done = submit_patiently(command)
    if done.returncode:
        raise SubmissionError(f"{shlex.join(command)}: exit status {done.returncode}: {done.stderr.strip()}")
    job = done.stdout.strip().split()[-1]
    records.add(job, dialect)
    return job


def _wrapper(script: Path, records: Records) -> str:
    """Text of a script that runs another one and writes its exit code under the job's identifier, whole.

    The engine's script is copied into it, since the engine removes its own.
    """
    exits = shlex.quote(str(records.exits.resolve()))
    return (
        "#!/bin/bash\n"
        f"(\n{script.read_text(encoding='utf-8').rstrip()}\n)\n"
        "code=$?\n"
        f'echo "$code" > {exits}/".$PBS_JOBID" && mv {exits}/".$PBS_JOBID" {exits}/"$PBS_JOBID"\n'
        'exit "$code"\n'
    )
