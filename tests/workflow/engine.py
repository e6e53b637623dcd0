"""Starting the engine as a user does, and reading what it says."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def command(config, *arguments, cores=2):
    """The command line of a run with a config file."""
    return [
        sys.executable,
        str(Path(__file__).parent / "plain_engine.py"),
        "--snakefile",
        str(ROOT / "Snakefile"),
        "--profile",
        str(ROOT / "profiles" / "local"),
        "--configfile",
        str(config),
        "--cores",
        str(cores),
        *arguments,
    ]


def environment():
    """Environment of a run: one thread a library, as the Makefile sets it."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


def engine(folder, config, *arguments, cores=2, timeout=900):
    """Run the engine in a folder; the finished process with its output."""
    return subprocess.run(
        command(config, *arguments, cores=cores),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def run(folder, config, *arguments, **options):
    """Run the engine and insist on success."""
    done = engine(folder, config, *arguments, **options)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-8000:]
    return done


def planned(folder, config, *arguments):
    """Jobs of a dry run: a set of (rule, wildcards as 'key=value' joined by ',')."""
    done = run(folder, config, "--dry-run", *arguments)
    return parse_jobs(done.stdout + done.stderr)


def parse_jobs(text):
    """Jobs that a dry run prints."""
    jobs = set()
    for block in re.split(r"\n(?=\[|(?:local)?rule )", text):
        found = re.search(r"^(?:local)?rule (\w+):$", block, re.MULTILINE)
        if found:
            wildcards = re.search(r"^    wildcards: (.*)$", block, re.MULTILINE)
            listed = sorted(wildcards[1].split(", ")) if wildcards else []
            jobs.add((found[1], ",".join(listed)))
    return jobs - {("all", "")}


def write_config(path, content):
    """Write a config file."""
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def merged(base, changes):
    """A config with some keys changed, section by section."""
    result = dict(base)
    for key, value in changes.items():
        below = result.get(key)
        nested = isinstance(value, dict) and isinstance(below, dict)
        result[key] = merged(below, value) if nested else value
    return result


def workspace(folder, scene, content):
    """A folder as a user has it: the data and a config."""
    shutil.copytree(scene, folder / "scene")
    return write_config(folder / "config.yaml", content)


NOT_PRODUCTS = ("logs/", "benchmarks/", "plan/", "checkpoints/", "chunks/")


def digests(results):
    """Digest of each product of a results folder."""
    return {
        str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(results.rglob("*"))
        if path.is_file() and not any(part in str(path.relative_to(results)) for part in NOT_PRODUCTS)
    }
