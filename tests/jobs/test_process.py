import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tilefold.jobs.process import is_orphan

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")

CHILD = """
import os, sys, time
from tilefold.jobs.process import die_with_engine
die_with_engine()
with open(sys.argv[1], "w") as file:
    file.write(str(os.getpid()) + " ")
time.sleep(60)
"""
# as the engine starts a script: through bash, from a thread
PARENT = """
import subprocess, sys, threading
command = f"set -euo pipefail ;  {sys.executable} {sys.argv[1]} {sys.argv[2]}"
thread = threading.Thread(target=lambda: subprocess.run(["bash", "-c", command]))
thread.start()
thread.join()
"""
LATE = """
import os, sys, time
from tilefold.jobs.process import die_with_engine
time.sleep(0.5)
open(sys.argv[1], "w").write(str(os.getpid()) + " ")
die_with_engine()
open(sys.argv[1], "w").write("survived ")
"""


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def lives(pid):
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] not in "ZX"


def read_pid(file):
    assert wait_for(lambda: file.exists() and file.read_text().endswith(" "))
    return int(file.read_text())


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_lives_on_after_its_parent(tmp_path, end):
    child, note = tmp_path / "child.py", tmp_path / "pid"
    child.write_text(CHILD)
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(child), str(note)])
    pid = read_pid(note)
    assert lives(pid)
    parent.send_signal(end)
    parent.wait()
    assert wait_for(lambda: not lives(pid))


def test_a_parent_that_ended_before_is_noticed(tmp_path):
    late, note = tmp_path / "late.py", tmp_path / "pid"
    late.write_text(LATE)
    program = f"import subprocess, sys; subprocess.Popen([sys.executable, {str(late)!r}, {str(note)!r}])"
    # a session of its own, as a terminal or a batch system gives; its leader ends at once
    subprocess.run([sys.executable, "-c", program], check=True, start_new_session=True)
    pid = read_pid(note)
    assert wait_for(lambda: not lives(pid))
    assert note.read_text() == f"{pid} "


def test_a_process_with_a_living_parent_is_no_orphan():
    assert not is_orphan(os.getppid())
    assert is_orphan(os.getpid())
    program = "import sys; from tilefold.jobs.process import *; die_with_engine(); print('lives')"
    for new_session in (False, True):
        done = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, start_new_session=new_session
        )
        assert done.stdout == b"lives\n"
