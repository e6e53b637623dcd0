"""What an earlier run of a results folder left behind when it did not end well.

A run leaves a marker in the results folder until it ends without an error. Where the next run finds one, jobs may be
queued or running, and outputs may lie there that a job finished when the engine no longer lived to note down with
which settings: such orphans are whole, but no later change of the configuration would remake them.
"""

from __future__ import annotations

import base64
import getpass
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tilefold.cluster.patience import install_sbatch
from tilefold.cluster.records import Records
from tilefold.cluster.status import running_jobs
from tilefold.storage.whole import read_json, write_json

ENGINE = Path(".snakemake")
#: Folders of a results folder whose files are outputs of no job.
NO_OUTPUTS = {"plan", "logs", "benchmarks", "checkpoints"}
#: How the engine's executor names a run in its log; all its jobs have that name.
RUN_NAME = re.compile(r"^SLURM run ID: (\S+)$", re.MULTILINE)


class EarlierRunError(RuntimeError):
    """Jobs of an earlier run of the results folder are alive."""


def mark_orphans(results: Path | str, engine: Path = ENGINE) -> list[str]:
    """Mark outputs of an earlier run that the engine has no record of as incomplete, so that it makes them again.

    Does nothing while another run works on the results folder.

    Parameters
    ----------
    results
        The results folder.
    engine
        The engine's own folder.

    Returns
    -------
    list of str
        The outputs.
    """
    marker = _marker(results)
    if not marker.exists() or _is_locked(results, engine):
        return []
    begun = marker.stat().st_mtime
    orphans = [
        str(path)
        for path in sorted(Path(results).rglob("*"))
        if path.is_file()
        and path.stat().st_mtime >= begun
        and not path.name.startswith(".")
        and not NO_OUTPUTS & set(path.relative_to(results).parts)
        and not (engine / "incomplete" / _record_name(path)).exists()
        # The engine's record of a folder speaks for the files in it.
        and not any(_has_record(path.stat().st_mtime, output, engine) for output in (path, path.parent))
    ]
    for path in orphans:
        write_json(engine / "incomplete" / _record_name(path), {"external_jobid": None})
    if orphans:
        sys.stderr.write(
            f"{len(orphans)} output(s) were finished by jobs that outlived an earlier run. Nothing tells with which "
            f"settings, so they are made again: {', '.join(orphans)}\n"
        )
    return orphans


def begin_run(results: Path | str, logs: Sequence[str]) -> None:
    """Refuse to run beside living jobs of an earlier run; leave the marker; with Slurm, have `sbatch` wait.

    Parameters
    ----------
    results
        The results folder.
    logs
        The engine's logs of this run.

    Raises
    ------
    EarlierRunError
        If jobs are alive; with how to cancel them or wait for them.
    """
    marker = _marker(results)
    if marker.exists():
        run = read_json(marker)["slurm_run"]
        if run:
            _refuse_beside(_slurm_jobs(run), f"scancel --name={run}", f"squeue --name={run}")
        jobs = _pbs_jobs(Records())
        _refuse_beside(jobs, f"qdel {' '.join(jobs)}", f"qstat {' '.join(jobs)}")
    found = [RUN_NAME.search(Path(log).read_text(encoding="utf-8")) for log in logs]
    names = [match[1] for match in found if match]
    write_json(marker, {"slurm_run": names[0] if names else None})
    if names:
        install_sbatch(ENGINE / "tilefold")


def end_run(results: Path | str) -> None:
    """Take the marker away: the run has ended without an error."""
    _marker(results).unlink(missing_ok=True)


def _marker(results: Path | str) -> Path:
    return Path(results) / "plan" / "unfinished"


def _refuse_beside(jobs: Sequence[str], cancel: str, look: str) -> None:
    if not jobs:
        return
    raise EarlierRunError(
        f"{len(jobs)} job(s) of an earlier run of this results folder are queued or running:\n  "
        + "\n  ".join(jobs)
        + f"\nWait until they have ended (look with `{look}`) or cancel them (`{cancel}`), then type the same "
        "command again."
    )


def _slurm_jobs(run: str) -> list[str]:
    """Jobs of a run that have not ended: number, state, rule and wildcards."""
    command = ["squeue", "--noheader", f"--user={getpass.getuser()}", f"--name={run}", "--format=%i %T %k"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EarlierRunError(
            "an earlier run of this results folder did not end well, and squeue does not tell whether jobs of it are "
            f"alive ({done.stderr.strip()}): type the same command again when Slurm answers"
        )
    return done.stdout.splitlines()


def _pbs_jobs(records: Records) -> list[str]:
    """Jobs of this folder that have not ended."""
    jobs = records.unfinished()
    if not jobs:
        return []
    alive = running_jobs(jobs, records.dialect)
    if alive is None:
        raise EarlierRunError(
            "an earlier run of this results folder did not end well, and qstat does not tell whether jobs of it are "
            "alive: type the same command again when the server answers"
        )
    return [job for job in jobs if job in alive]


def _is_locked(results: Path | str, engine: Path) -> bool:
    """Whether a run works on the results folder, or was killed and the folder not unlocked since."""
    below = f"{Path(results)}{os.sep}"
    return any(
        line.startswith(below)
        for path in (engine / "locks").glob("*.output.lock")
        for line in path.read_text(encoding="utf-8").splitlines()
    )


def _has_record(written: float, output: Path, engine: Path) -> bool:
    """Whether the engine has noted down how an output was made: the one of that time, not one before."""
    record = engine / "metadata" / _record_name(output)
    return record.exists() and (read_json(record)["endtime"] or 0) >= written


def _record_name(output: Path | str) -> Path:
    """File of the engine's record of an output: its path in base 64, cut where a file name may not be longer."""
    name = base64.urlsafe_b64encode(str(output).encode()).decode()
    parts = [name[start : start + 254] for start in range(0, len(name), 254)]
    return Path(*(f"@{part}" for part in parts[:-1]), parts[-1])
