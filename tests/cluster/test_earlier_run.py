"""What a run says and does of an earlier one that did not end well, with stand-ins for the schedulers' commands."""

import base64
import json
import os
import shutil
import stat
import subprocess

import pytest

from tilefold.cluster.earlier_run import EarlierRunError, begin_run, end_run, mark_orphans
from tilefold.cluster.patience import install_sbatch
from tilefold.cluster.records import Records


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder, with stand-ins first on the path."""
    (tmp_path / "bin").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return tmp_path


def command(folder, name, text):
    path = folder / "bin" / name
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def log(folder, text):
    path = folder / "log"
    path.write_text(text)
    return [str(path)]


def output(folder, name, after=0.0):
    """An output written some seconds after the beginning of the run."""
    path = folder / "results" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    time = (folder / "results" / "plan" / "unfinished").stat().st_mtime + after
    os.utime(path, (time, time))
    return f"results/{name}"


def record(folder, output, earlier=0.0):
    """The engine's record of an output; of one that was made some seconds earlier."""
    name = base64.urlsafe_b64encode(output.encode()).decode()
    path = folder / ".snakemake" / "metadata" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"endtime": (folder / output).stat().st_mtime - earlier}))


def marked(folder):
    """Outputs that the engine takes for incomplete, as it reads them."""
    from snakemake.persistence.file import FilePersistence

    persistence = FilePersistence(path=folder / ".snakemake")
    outputs = [str(path.relative_to(folder)) for path in (folder / "results").rglob("*") if path.is_file()]
    return sorted(persistence._filter_incomplete_keys(outputs))


def test_outputs_that_nobody_vouches_for_are_marked(folder, capsys):
    begin_run("results", [])
    orphan = output(folder, "maps/all/seed_0/classification.tif", 1)
    deep = output(folder, f"runs/{'long_name_of_a_fold/' * 20}model.json", 2)
    record(folder, output(folder, "series/T31TCJ/sentinel2.tif", 1))
    made_before = output(folder, "series/T31TCK/sentinel2.tif", 1)
    record(folder, made_before, earlier=1000)
    output(folder, "summary/matrices/pooled.csv", -1000)
    os.utime(folder / "results/summary/matrices/pooled.csv")
    os.utime(folder / "results/summary/matrices")
    record(folder, "results/summary/matrices")
    output(folder, "series/T31TCJ/brought_from_elsewhere.tif", -1000)
    output(folder, "logs/train_candidate.log", 1)
    output(folder, "runs/all/seed_0/region_all/checkpoints/a/state", 1)
    output(folder, "maps/.half.tif", 1)
    assert mark_orphans("results") == [orphan, deep, made_before]
    assert marked(folder) == [orphan, deep, made_before]
    said = capsys.readouterr().err
    assert "3 output(s) were finished by jobs that outlived an earlier run" in said
    assert orphan in said
    assert mark_orphans("results") == []


def test_nothing_is_marked_beside_a_living_run_or_after_a_good_one(folder):
    begin_run("results", [])
    output(folder, "report/index.html", 1)
    locks = folder / ".snakemake" / "locks"
    locks.mkdir(parents=True)
    (locks / "0.output.lock").write_text("other/report/index.html\nresults/report/index.html\n")
    assert mark_orphans("results") == []
    shutil.rmtree(locks)
    end_run("results")
    assert mark_orphans("results") == []
    assert marked(folder) == []


SLURM_LOG = "host: here\nSLURM run ID: 1234-ab\nUsing shell: /bin/bash\n"


def test_slurm_jobs_of_an_earlier_run_are_named(folder):
    command(folder, "squeue", 'echo "$@" >> asked; cat jobs')
    command(folder, "sbatch", "true")
    begin_run("results", log(folder, SLURM_LOG))
    (folder / "jobs").write_text("12 RUNNING rule_train_candidate_wildcards_all_0\n13 PENDING rule_maps\n")
    with pytest.raises(EarlierRunError, match="2 job") as caught:
        begin_run("results", log(folder, SLURM_LOG.replace("1234-ab", "5678-cd")))
    assert "12 RUNNING rule_train_candidate" in str(caught.value)
    assert "scancel --name=1234-ab" in str(caught.value)
    assert "--name=1234-ab" in (folder / "asked").read_text()
    (folder / "jobs").write_text("")
    begin_run("results", log(folder, SLURM_LOG.replace("1234-ab", "5678-cd")))
    assert json.loads((folder / "results" / "plan" / "unfinished").read_text()) == {"slurm_run": "5678-cd"}


def test_a_scheduler_that_does_not_answer_is_no_permission(folder):
    command(folder, "squeue", "echo 'Unable to contact slurm controller' >&2; exit 1")
    begin_run("results", log(folder, SLURM_LOG))
    with pytest.raises(EarlierRunError, match="Unable to contact slurm controller"):
        begin_run("results", log(folder, SLURM_LOG))


def test_pbs_jobs_of_an_earlier_run_are_named(folder):
    begin_run("results", [])
    Records().add("7.server", "torque")
    Records().add("8.server", "torque")
    command(folder, "qstat", 'echo "8.server name me 00:00:01 R batch"')
    with pytest.raises(EarlierRunError, match="1 job") as caught:
        begin_run("results", [])
    assert "`qdel 8.server`" in str(caught.value)
    (Records().exits / "8.server").write_text("0\n")
    command(folder, "qstat", "echo 'qstat: Unknown Job Id 7' >&2; exit 153")
    begin_run("results", [])


def test_sbatch_waits_for_slurm(folder):
    refused = (
        "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)"
    )
    command(
        folder,
        "sbatch",
        f"""echo "$@" >> tries; cat > script
        [ $(wc -l < tries) -gt 1 ] || {{ echo '{refused}' >&2; exit 1; }}
        echo 99""",
    )
    install_sbatch(folder / "ours")
    text = (folder / "ours" / "sbatch").read_text()
    (folder / "ours" / "sbatch").write_text(
        text.replace("-m tilefold.cluster.patience", "-c '" + QUICK + "'")
    )
    done = subprocess.run(
        "sbatch --wrap='echo \"$HOME\"' /dev/stdin",
        shell=True,
        check=False,
        input="#!/bin/sh\n",
        capture_output=True,
        text=True,
    )
    assert done.stdout == "99\n"
    assert "submission failed" not in done.stderr
    assert (folder / "tries").read_text().splitlines() == ['--wrap=echo "$HOME" /dev/stdin'] * 2
    assert (folder / "script").read_text() == "#!/bin/sh\n"


#: The command with a pause that a test has time for.
QUICK = "import sys, tilefold.cluster.patience as p; p.PAUSE_SECONDS = 0.01; p.main(sys.argv[1:])"
