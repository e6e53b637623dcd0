"""One plan for all processes of an invocation: made by the controller, read by its jobs."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tilefold.config.load import ConfigError, read_config
from tilefold.plan.inventory import make_plan
from tilefold.plan.overview import data_lines
from tilefold.plan.plan import Plan
from tilefold.storage.metadata import digest
from tilefold.storage.whole import read_json, write_json

#: Key that carries the snapshot's path into the configuration of spawned processes.
SNAPSHOT_KEY = "plan_snapshot"

#: Objects made between two looks of the garbage collector. The graph's objects live to the end, and Python would
#: go through them every 700: a tenth of planning.
COLLECT_EVERY = 100_000

NO_CONFIG = (
    "no configuration: give one with --configfile, for example config/demo.yaml (make it with `make demo`); "
    "config/examples/ holds more"
)


def open_plan(workflow: Any, config: Mapping[str, Any]) -> Plan:
    """Make the plan in the controller and pass its snapshot inward; read the snapshot in a spawned process.

    Every cluster job parses the Snakefile again. If it looked at the folders again, a product that arrived
    during the run would give two tiles two calendars.

    Parameters
    ----------
    workflow
        The engine's workflow object.
    config
        The parsed configuration.

    Raises
    ------
    ConfigError
        If the configuration or the data that it names have faults; all are listed.
    """
    gc.set_threshold(COLLECT_EVERY)
    if not workflow.is_main_process and SNAPSHOT_KEY in config:
        return Plan.from_dict(read_json(config[SNAPSHOT_KEY]))
    if not config:
        raise ConfigError([NO_CONFIG])
    plan = make_plan(read_config({k: v for k, v in config.items() if k != SNAPSHOT_KEY}))
    for line in data_lines(plan):
        sys.stderr.write(f"{line}\n")
    _pass_inward(workflow, _freeze(plan))
    return plan


def _freeze(plan: Plan) -> Path:
    content = plan.to_dict()
    path = Path(plan.config.results) / "plan" / f"{digest(content)}.json"
    if not path.exists():
        write_json(path, content)
    return path


def _pass_inward(workflow: Any, snapshot: Path) -> None:
    """Add the snapshot to the arguments that spawned parses get; the engine has no public way for this."""
    workflow.config_settings.config_args = [
        *workflow.config_settings.config_args,
        f"{SNAPSHOT_KEY}={str(snapshot.absolute())!r}",
    ]
