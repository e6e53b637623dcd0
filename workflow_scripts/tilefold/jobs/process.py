"""A job must not outlive the engine that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

#: From linux/prctl.h.
_PR_SET_PDEATHSIG = 1


def die_with_engine(parent: int | None = None) -> None:
    """Have the kernel kill this process as soon as its parent ends; Linux only, elsewhere nothing happens.

    Without it the jobs of a killed engine go on, and write the files that the next engine's jobs write. Call
    it before anything else. The parent is the process that started this one directly: a process between the
    engine and this one must call it too.

    Parameters
    ----------
    parent
        Process id that the parent should have, where it is known. Otherwise a parent that ended before the
        call is noticed by the session: the process that adopts orphans is in another one than they are.

    Raises
    ------
    OSError
        If the kernel refuses.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl(PR_SET_PDEATHSIG): {os.strerror(code)}")
    if is_orphan(parent):
        os.kill(os.getpid(), signal.SIGKILL)


def is_orphan(parent: int | None = None) -> bool:
    """Whether the process that started this one has ended; see `die_with_engine`."""
    if parent is not None:
        return os.getppid() != parent
    session = os.getsid(0)
    leads = session == os.getpid()
    return not leads and os.getsid(os.getppid()) != session
