"""One writer a folder: a lock that the kernel frees when its holder ends, however it ends."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

#: Folders that this process holds: the kernel's lock is between processes, not between parts of one.
_held: set[Path] = set()


class FolderInUseError(RuntimeError):
    """Another process, or another part of this one, writes into the folder."""


@contextmanager
def only_writer(folder: Path | str) -> Iterator[None]:
    """Hold the folder's lock (POSIX record lock on its file `.lock`) while the block runs.

    Raises
    ------
    FolderInUseError
        If it is held; the message names host and process of the holder.
    OSError
        If the file system has no locks.
    """
    where = Path(folder).resolve()
    where.mkdir(parents=True, exist_ok=True)
    if where in _held:
        raise FolderInUseError(_refusal(where, {"host": socket.gethostname(), "process": os.getpid()}))
    # The file stays when the lock is freed: removing it would let two processes lock two files of one name.
    with (where / ".lock").open("a+", encoding="utf-8") as file:
        _lock(file, where)
        _held.add(where)
        try:
            _write_holder(file, json.dumps({"host": socket.gethostname(), "process": os.getpid()}))
            yield
        finally:
            _write_holder(file, "")
            _held.discard(where)


def _lock(file: IO[str], folder: Path) -> None:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            raise FolderInUseError(_refusal(folder, _read_holder(file))) from None
        raise OSError(
            error.errno,
            f"{folder}: the file system gives no lock ({error.strerror}); put the results folder on one that "
            "has POSIX locks",
        ) from error


def _write_holder(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


def _read_holder(file: IO[str]) -> dict[str, object]:
    file.seek(0)
    text = file.read()
    return dict(json.loads(text)) if text else {}


def _refusal(folder: Path, holder: dict[str, object]) -> str:
    host, process = holder.get("host", "unknown"), holder.get("process", "unknown")
    return (
        f"{folder} is being written by process {process} on host {host}. Wait until it has ended; or, if it "
        f"is left over from a killed run, end it there with `kill {process}`. The lock is free as soon as "
        "that process is gone; never remove the file .lock while it runs."
    )
