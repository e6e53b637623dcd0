"""What is remembered of submitted PBS jobs, in a folder beside the engine's own."""

from __future__ import annotations

import fcntl
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

FOLDER = Path(".snakemake") / "pbs"
#: What a job's identifier may be made of; others could name files elsewhere.
IDENTIFIER = re.compile(r"[\w.\[\]-]+")


@dataclass
class Answers:
    """What the server last said of each job.

    Attributes
    ----------
    asked
        When, in seconds of the system clock; 0 if never.
    states
        `running` or `gone` (unknown to the server), by job.
    misses
        How many times in a row the server did not know a job.
    """

    asked: float = 0.0
    states: dict[str, str] = field(default_factory=dict)
    misses: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Records:
    """Folder with the jobs' identifiers, exit codes and the server's last answers.

    Jobs write their exit codes themselves, since a server without job history forgets them.
    """

    folder: Path = FOLDER

    @property
    def logs(self) -> Path:
        """Folder of the scheduler's own output of jobs."""
        return self.folder / "logs"

    def add(self, job: str) -> None:
        """Remember a job that was submitted."""
        if not IDENTIFIER.fullmatch(job):
            raise ValueError(f"qsub: expected the identifier of a job, found {job!r}")
        with self.locked(), (self.folder / "jobs").open("a", encoding="utf-8") as file:
            file.write(f"{job}\n")

    def unfinished(self) -> list[str]:
        """Jobs that have left no exit code, in the order of their submission."""
        path = self.folder / "jobs"
        jobs = path.read_text(encoding="utf-8").split() if path.exists() else []
        return [job for job in dict.fromkeys(jobs) if self.exit_code(job) is None]

    def exit_file(self, job: str) -> Path:
        """Where a job writes its exit code."""
        return self.folder / "exits" / job

    def exit_code(self, job: str) -> int | None:
        """Exit code that a job has left, or None."""
        path = self.exit_file(job)
        text = path.read_text(encoding="utf-8").strip() if path.exists() else ""
        return int(text) if text else None

    def read_answers(self) -> Answers:
        """Read the server's last answers; to be called while `locked`."""
        path = self.folder / "answers.json"
        return Answers(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else Answers()

    def write_answers(self, answers: Answers) -> None:
        """Write the server's answers whole; to be called while `locked`."""
        path = self.folder / "answers.json"
        beside = path.with_suffix(".tmp")
        beside.write_text(json.dumps(asdict(answers)), encoding="utf-8")
        beside.replace(path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other commands out; the engine asks for many jobs at once."""
        (self.folder / "exits").mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
