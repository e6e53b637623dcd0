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


def conda_packages():
    content = yaml.safe_load((ROOT / "envs" / "tilefold.yaml").read_text())
    return next(item["pip"] for item in content["dependencies"] if isinstance(item, dict))


def test_the_conda_environment_has_the_locks_versions():
    versions = lock()
    for package in conda_packages():
        name, version = package.split("==")
        assert versions[name.lower()] == version


def test_the_conda_environment_holds_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[<>=]", item)[0].lower() for item in project["dependencies"]}
    assert wanted == {package.split("==")[0].lower() for package in conda_packages()}


def test_all_rules_share_one_conda_environment():
    named = [
        name
        for path in (ROOT / "rules").glob("*.smk")
        for name in re.findall(r"conda:\s+\"(.*)\"", path.read_text())
    ]
    assert set(named) == {"../envs/tilefold.yaml"}
    assert [path.name for path in (ROOT / "envs").glob("*.yaml")] == ["tilefold.yaml"]


def test_the_containers_are_built_from_the_lock_with_the_python_of_the_conda_environment():
    docker = (ROOT / "envs" / "Dockerfile").read_text()
    apptainer = (ROOT / "envs" / "apptainer.def").read_text()
    content = yaml.safe_load((ROOT / "envs" / "tilefold.yaml").read_text())
    version = content["dependencies"][0].removeprefix("python=")
    assert re.search(r"^FROM (.*)$", docker, re.MULTILINE)[1] == f"python:{version}-slim"
    assert re.search(r"^From: (.*)$", apptainer, re.MULTILINE)[1] == f"python:{version}-slim"
    for text in (docker, apptainer):
        assert re.search(r"pip install .*--requirement \S*requirements\.lock", text)
        for name in re.findall(r"^(?:COPY|    )\s*([\w./-]+) /opt/tilefold", text, re.MULTILINE):
            assert (ROOT / name).exists(), name


def test_the_version_is_told_once():
    assert f"version: {VERSION}" in (ROOT / "CITATION.cff").read_text()
