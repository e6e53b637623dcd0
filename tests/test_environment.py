"""The conda environment, the lock and the package say the same."""

import re
import tomllib
from pathlib import Path

import yaml

from tilefold.storage.version import VERSION

ROOT = Path(__file__).parents[1]


def lock():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return {
        name.lower().replace("_", "-"): version
        for name, version in (line.split("==") for line in lines if line and not line.startswith("#"))
    }


def test_the_lock_names_exact_versions_without_hashes_or_builds():
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9a-z.]*", line), line


def test_the_lock_holds_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[<>=]", item)[0].lower() for item in wanted}
    assert names <= set(lock())


def test_the_conda_environment_has_the_locks_versions():
    content = yaml.safe_load((ROOT / "envs" / "tilefold.yaml").read_text())
    packages = next(item["pip"] for item in content["dependencies"] if isinstance(item, dict))
    versions = lock()
    assert len(packages) > 20
    for package in packages:
        name, version = package.split("==")
        assert versions[name.lower()] == version


def test_the_version_is_told_once():
    assert f"version: {VERSION}" in (ROOT / "CITATION.cff").read_text()
