"""What is remembered of submitted PBS jobs, in a folder beside the engine's own."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tilefold.storage.whole import read_json, write_json, write_text

FOLDER = Path(".snakemake") / "pbs"
#: What a job's identifier may be made of; others could name files elsewhere.
IDENTIFIER = re.compile(r"[\w.\[\]-]+")


@dataclass(frozen=True)
class Answers:
    """What the server said of the jobs.

    Attributes
    ----------
    asked
        When, in seconds of the system clock; 0 if never.
    misses
        How many times in a row the server did not know each job, or knew it as ended.
    """

    asked: float = 0.0
    misses: Mapping[str, int] = field(default_factory=dict)


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

    @property
    def exits(self) -> Path:
        """Folder of the jobs' exit codes: one file a job, named by its identifier."""
        return self.folder / "exits"

    def add(self, job: str, dialect: str) -> None:
        """Remember a job that was submitted, and what the server understands."""
        if not IDENTIFIER.fullmatch(job):
            raise ValueError(f"qsub: expected the identifier of a job, found {job!r}")
        with self.locked():
            write_text(self.folder / "dialect", dialect)
            with (self.folder / "jobs").open("a", encoding="utf-8") as file:
                file.write(f"{job}\n")

    @property
    def dialect(self) -> str:
        """What the server of the jobs understands."""
        return (self.folder / "dialect").read_text(encoding="utf-8")

    def unfinished(self) -> list[str]:
        """Jobs that have left no exit code, in the order of their submission."""
        path = self.folder / "jobs"
        if not path.exists():
            return []
        ended = {file.name for file in self.exits.iterdir()}
        return [job for job in path.read_text(encoding="utf-8").split() if job not in ended]

    def exit_code(self, job: str) -> int | None:
        """Exit code that a job has left, or None."""
        path = self.exits / job
        return int(path.read_text(encoding="utf-8")) if path.exists() else None

    def read_answers(self) -> Answers:
        """Read the server's last answers; to be called while `locked`."""
        path = self.folder / "answers.json"
        return Answers(**read_json(path)) if path.exists() else Answers()

    def write_answers(self, answers: Answers) -> None:
        """Keep the server's answers; to be called while `locked`."""
        write_json(self.folder / "answers.json", asdict(answers))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other commands out; the engine asks for many jobs at once."""
        self.exits.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
