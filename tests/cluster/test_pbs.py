"""Jobs go to PBS and their state comes back, with stand-ins for the server's commands."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from tilefold.cluster import commands, patience
from tilefold.cluster.records import Records
from tilefold.cluster.status import FRESH_SECONDS, MISSES, job_status
from tilefold.cluster.submission import (
    Request,
    SubmissionError,
    job_name,
    qsub_arguments,
    read_properties,
    request_of,
    submit,
)

SCRIPT = """#!/bin/sh
# properties = {"type": "single", "rule": "train_candidate", "wildcards": {"fold": "all", "seed": "0"}, "jobid": 7, \
"threads": 2, "resources": {"mem_mb": 8000, "runtime": 720, "gpu": 1, "pbs_queue": "cpuq", "pbs_gpu_queue": "gpuq", \
"pbs_account": "me"}}
exit 3
"""


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A working folder and stand-ins on the path; `qsub` numbers jobs, `qstat` prints a file, all write a diary."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{bin_folder}:{os.environ['PATH']}")
    command(bin_folder, "qsub", 'echo "$(($(wc -l < diary) + 11)).server"')
    command(bin_folder, "qstat", "cat answer 2> /dev/null; cat problem >&2 2> /dev/null; exit $(cat code)")
    command(bin_folder, "qdel", "true")
    (tmp_path / "diary").write_text("")
    (tmp_path / "code").write_text("0")
    (tmp_path / "problem").write_text("")
    (tmp_path / "snakejob.sh").write_text(SCRIPT)
    return tmp_path


def command(folder, name, text):
    path = folder / name
    path.write_text(f'#!/bin/bash\necho {name} "$@" >> diary\n{text}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def diary(server, name):
    return [line for line in (server / "diary").read_text().splitlines() if line.startswith(name)]


def say(server, states):
    answer = {"Jobs": {job: {"job_state": state, "Job_Name": "x"} for job, state in states.items()}}
    (server / "answer").write_text(json.dumps(answer))


REQUEST = Request(threads=2, gpus=1, mem_mb=8000, minutes=720, queue="gpuq", account="me")


def test_pbs_pro_takes_chunks():
    found = qsub_arguments(REQUEST, "pbspro", "name", Path("/logs"))
    assert " ".join(found) == (
        "-V -N name -j oe -o /logs/ -l select=1:ncpus=2:mem=8000mb:ngpus=1 -l walltime=12:00:00 -q gpuq -A me"
    )
    plain = qsub_arguments(Request(1, 0, 500, 61), "pbspro", "name", Path("/logs"))
    assert plain[-4:] == ["-l", "select=1:ncpus=1:mem=500mb", "-l", "walltime=01:01:00"]


def test_torque_takes_one_list_of_nodes():
    found = qsub_arguments(REQUEST, "torque", "a_long_name_of_a_job", Path("/logs"))
    assert found[found.index("-l") + 1] == "nodes=1:ppn=2:gpus=1,mem=8000mb,walltime=12:00:00"
    assert found.count("-l") == 1
    assert len(found[found.index("-N") + 1]) == 15
    with pytest.raises(ValueError, match="expected pbspro or torque"):
        qsub_arguments(REQUEST, "lsf", "name", Path("/logs"))


def test_what_a_job_asks_for_stands_in_its_script(server):
    properties = read_properties(server / "snakejob.sh")
    assert job_name(properties) == "train_candidate_all_0"
    assert request_of(properties) == REQUEST
    properties["resources"] |= {"gpu": 0, "pbs_account": ""}
    assert request_of(properties) == Request(2, 0, 8000, 720, "cpuq", "")
    assert job_name({"groupid": "maps", "resources": {}}) == "maps"
    (server / "other.sh").write_text("#!/bin/sh\n")
    with pytest.raises(SubmissionError, match="expected a job script of the engine"):
        read_properties(server / "other.sh")


def test_the_wrapped_script_leaves_its_exit_code(server):
    job = submit(server / "snakejob.sh", Records())
    wrapped = diary(server, "qsub")[0].split()[-1]
    done = subprocess.run(["bash", wrapped], env={**os.environ, "PBS_JOBID": job}, check=False)
    assert done.returncode == 3
    assert Records().exit_code(job) == 3
    assert job_status(job, Records(), "pbspro") == "failed"
    assert diary(server, "qstat") == []
    (Records().exits / job).write_text("0\n")
    assert job_status(job, Records(), "pbspro") == "success"


def test_a_submission_that_fails_says_what_the_server_said(server):
    command(server / "bin", "qsub", "echo 'no such queue' >&2; exit 38")
    with pytest.raises(SubmissionError, match="exit status 38: no such queue"):
        submit(server / "snakejob.sh", Records())


def test_a_server_that_cannot_be_reached_is_waited_for(server, monkeypatch):
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.01)
    trouble = "qsub: cannot connect to server pbs (errno=111)"
    command(
        server / "bin",
        "qsub",
        f"[ $(wc -l < diary) -gt 3 ] || {{ echo '{trouble}' >&2; exit 1; }}; echo 7.pbs",
    )
    assert submit(server / "snakejob.sh", Records()) == "7.pbs"
    assert len(diary(server, "qsub")) == 4


def test_a_submission_that_may_have_been_taken_is_not_tried_again(server):
    trouble = "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation"
    command(server / "bin", "qsub", f"echo '{trouble}' >&2; exit 1")
    with pytest.raises(SubmissionError, match="timed out"):
        submit(server / "snakejob.sh", Records())
    assert len(diary(server, "qsub")) == 1


def test_one_question_serves_all_jobs_for_a_while(server):
    jobs = [submit(server / "snakejob.sh", Records()) for _ in range(3)]
    say(server, dict.fromkeys(jobs, "R"))
    for job in jobs:
        assert job_status(job, Records(), "pbspro", now=100.0) == "running"
    (question,) = diary(server, "qstat")
    assert question == "qstat -x -f -F json " + " ".join(jobs)
    job_status(jobs[0], Records(), "pbspro", now=100.0 + FRESH_SECONDS)
    assert len(diary(server, "qstat")) == 2


@pytest.mark.parametrize("ended", [True, False])
def test_a_job_that_ended_or_is_unknown_fails_after_some_misses(server, ended):
    job = submit(server / "snakejob.sh", Records())
    say(server, {job: "F"} if ended else {})
    times = [1000.0 + FRESH_SECONDS * number for number in range(MISSES)]
    states = [job_status(job, Records(), "pbspro", now=moment) for moment in times]
    assert states == ["running"] * (MISSES - 1) + ["failed"]


def test_a_job_that_comes_back_is_not_failed(server):
    job = submit(server / "snakejob.sh", Records())
    for number, states in enumerate([{}, {}, {job: "R"}, {}, {}]):
        say(server, states)
        assert job_status(job, Records(), "pbspro", now=1000.0 + 100 * number) == "running"


def test_a_server_that_does_not_answer_changes_nothing(server):
    job = submit(server / "snakejob.sh", Records())
    (server / "answer").write_text("")
    (server / "problem").write_text("cannot connect to server")
    (server / "code").write_text("1")
    for number in range(5):
        assert job_status(job, Records(), "pbspro", now=1000.0 + 100 * number) == "running"
    (server / "problem").write_text(f"qstat: Unknown Job Id {job}")
    states = [job_status(job, Records(), "pbspro", now=2000.0 + 100 * number) for number in range(MISSES)]
    assert states[-1] == "failed"


def test_torques_table(server):
    job = submit(server / "snakejob.sh", Records())
    number = job.split(".")[0]
    table = (
        "Job id  Name  User  Time Use  S  Queue\n------ ---- ---- ---- - ----\n{} name me 00:00:01 {} batch\n"
    )
    (server / "answer").write_text(table.format(number, "R"))
    assert job_status(job, Records(), "torque", now=1000.0) == "running"
    (server / "answer").write_text(table.format(number, "C"))
    states = [job_status(job, Records(), "torque", now=2000.0 + 100 * n) for n in range(MISSES)]
    assert states[-1] == "failed"
    assert diary(server, "qstat")[0] == f"qstat {job}"


def test_commands_of_the_profile(server, capsys):
    assert commands.submit_command(["snakejob.sh"]) == 0
    (server / "snakejob.sh").write_text(SCRIPT.replace('"gpu": 1', '"gpu": 0, "pbs_dialect": "torque"'))
    assert commands.submit_command(["snakejob.sh"]) == 0
    first, second = capsys.readouterr().out.split()
    on_gpu, plain = diary(server, "qsub")
    assert "select=1:ncpus=2:mem=8000mb:ngpus=1" in on_gpu
    assert "-q gpuq -A me" in on_gpu
    assert "nodes=1:ppn=2,mem=8000mb,walltime=12:00:00 -q cpuq" in plain
    say(server, {first: "R", second: "Q"})
    assert commands.status_command([first]) == 0
    assert capsys.readouterr().out == "running\n"
    assert commands.cancel_command([first, second]) == 0


def test_identifiers_cannot_name_files_elsewhere(server):
    with pytest.raises(ValueError, match="expected the identifier"):
        Records().add("../7", "pbspro")
