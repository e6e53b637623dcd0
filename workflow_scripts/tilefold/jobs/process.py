"""A job must not outlive the engine that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

#: From linux/prctl.h.
_PR_SET_PDEATHSIG = 1
_INIT = 1


def die_with_engine() -> None:
    """Have the kernel kill this process as soon as its parent ends; Linux only, elsewhere nothing happens.

    Without it the jobs of a killed engine go on, and write the files that the next engine's jobs write. The
    engine starts a script directly, without a shell in between, so the parent is the engine.

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
    if os.getppid() == _INIT:
        # The engine ended before the call above, so its end will send no signal.
        os.kill(os.getpid(), signal.SIGKILL)
