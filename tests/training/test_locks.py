import os
import signal
import socket
import subprocess
import sys

import pytest

from tilefold.training.locks import FolderInUseError, only_writer

WRITER = "import sys; from tilefold.training.locks import *; only_writer(sys.argv[1]).__enter__()"
HOLDER = """
import sys, time
from tilefold.training.locks import only_writer
with only_writer(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "folder")], stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_second_writer_is_refused_and_told_who_holds(tmp_path, holder):
    with pytest.raises(FolderInUseError) as refused, only_writer(tmp_path / "folder"):
        pass
    assert f"by process {holder.pid} on host {socket.gethostname()}" in str(refused.value)
    assert f"kill {holder.pid}" in str(refused.value)
    # the refusal leaves the lock with its holder
    with pytest.raises(FolderInUseError), only_writer(tmp_path / "folder"):
        pass


def test_killing_the_holder_frees_the_lock(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with only_writer(tmp_path / "folder"):
        pass


def test_one_process_is_refused_too(tmp_path):
    with only_writer(tmp_path):
        with pytest.raises(FolderInUseError, match=f"process {os.getpid()}"), only_writer(tmp_path):
            pass
        other = subprocess.run(
            [sys.executable, "-c", WRITER, str(tmp_path)], check=False, capture_output=True
        )
        assert other.returncode == 1
        assert b"FolderInUseError" in other.stderr
    with only_writer(tmp_path):
        pass


def test_an_error_inside_frees_the_lock(tmp_path):
    with pytest.raises(KeyError), only_writer(tmp_path):
        raise KeyError
    with only_writer(tmp_path):
        pass
