import subprocess
import sys

PROGRAM = """
import logging, sys
from tilefold.jobs.logs import configure_logging
configure_logging(sys.argv[1])
logging.getLogger("tilefold.x").info("for the file")
logging.getLogger("tilefold.x").warning("for both")
raise ValueError("what went wrong")
"""


def test_records_and_the_exception_are_in_the_log_and_warnings_on_the_terminal(tmp_path):
    log = tmp_path / "deep" / "job.log"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(log)], capture_output=True, text=True, check=False
    )
    text = log.read_text()
    assert done.returncode != 0
    assert "for the file" in text
    assert "for both" in text
    assert "Traceback" in text
    assert "what went wrong" in text
    assert "for both" in done.stderr
    assert "for the file" not in done.stderr
