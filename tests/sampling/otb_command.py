"""Orfeo ToolBox on the command line, and what its files say; the rules were measured on version 8.1."""

import os
import shutil
import subprocess
import xml.etree.ElementTree as ET

import geopandas
import pytest

NEEDED = "otbcli_SampleSelection"
needs_otb = pytest.mark.skipif(shutil.which(NEEDED) is None, reason=f"no {NEEDED}; install otb-bin")


def otb(application, *arguments):
    command = [f"otbcli_{application}", *map(str, arguments)]
    environment = {**os.environ, "OTB_LOGGER_LEVEL": "ERROR", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def class_statistics(image, vector, out, mask=None):
    """Write PolygonClassStatistics' XML; return pixels by class and by feature."""
    masked = () if mask is None else ("-mask", mask)
    otb("PolygonClassStatistics", "-in", image, "-vec", vector, "-field", "code", "-out", out, *masked)
    tree = ET.parse(out)
    by_class, by_vector = (
        {
            int(item.get("key")): int(float(item.get("value")))
            for item in tree.find(f"Statistic[@name='{name}']")
        }
        for name in ("samplesPerClass", "samplesPerVector")
    )
    return by_class, by_vector


def select(image, vector, statistics, folder, *strategy, sampler="periodic", mask=None):
    """Run SampleSelection; return points by class in its order, and class: (required, available, rate)."""
    masked = () if mask is None else ("-mask", mask)
    otb(
        *("SampleSelection", "-in", image, "-vec", vector, "-field", "code", "-instats", statistics),
        *("-strategy", *strategy, "-sampler", *sampler.split(), *masked),
        *("-outrates", folder / "rates.csv", "-out", folder / "points.shp"),
    )
    points = geopandas.read_file(folder / "points.shp")
    picks = {
        int(code): list(zip(members.geometry.x, members.geometry.y, strict=True))
        for code, members in points.groupby("code")
    }
    return picks, read_rates(folder / "rates.csv")


def read_rates(path):
    rows = [line.split() for line in path.read_text().splitlines()[1:]]
    return {int(code): (int(required), int(total), float(rate)) for code, required, total, rate in rows}
