"""The environment that jobs run in is no reason to run them again."""

import json
import os

from engine import planned

#: Answers of a conda that has made no environment yet.
CONDA = """#!/bin/sh
case "$*" in
    --version) echo "conda 25.5.1" ;;
    "info --json") echo '{info}' ;;
    *) echo '{{"get": {{"channel_priority": "strict"}}}}' ;;
esac
"""


def test_a_run_that_moves_to_conda_runs_nothing_again(finished, tmp_path, monkeypatch):
    conda = tmp_path / "conda"
    conda.write_text(CONDA.format(info=json.dumps({"conda_prefix": str(tmp_path), "platform": "linux-64"})))
    conda.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    there = "results/report/index.html"
    by_conda = ["--software-deployment-method", "conda"]
    assert planned(finished, finished / "config.yaml", *by_conda) == set()
    # It is conda that is asked for: what is made by force would be made in its environment.
    assert ("write_report", "") in planned(finished, finished / "config.yaml", *by_conda, "--forcerun", there)
