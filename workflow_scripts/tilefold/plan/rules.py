"""Digest of the code behind each rule."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tilefold.config.model import Config
from tilefold.networks.catalogue import ALIASES, NETWORKS
from tilefold.plan.calendar import filling
from tilefold.plan.code import LIBRARY, rule_digest
from tilefold.plan.sensors import definition
from tilefold.plan.settings import BUILDERS
from tilefold.sensors.catalogue import READERS
from tilefold.series.methods import METHODS

NETWORK_RULES = frozenset(
    {
        "train_candidate",
        "compare_precisions",
        "predict_samples",
        "classify_chunk",
        "classify_site",
        "count_validation",
        "measure_samples",
        "scale_temperature",
    }
)
#: Rules that read products.
READING_RULES = frozenset({"preprocess", "compute_external_features"})


def code_digests(config: Config) -> dict[str, str]:
    """Digest of the code of each rule, with the readers, the methods and the network that the config names."""
    return {
        rule: rule_digest(rule, _modules_by_name(rule, config), _files(rule, config)) for rule in BUILDERS
    }


def _modules_by_name(rule: str, config: Config) -> list[str]:
    if rule in READING_RULES:
        modules = {READERS[definition(config, sensor)["reader"]] for sensor in config.sensors}
        if rule == "preprocess":
            kernels = {METHODS[filling(config, sensor).method].kernel for sensor in config.sensors}
            modules |= {kernel.rpartition(".")[0] for kernel in kernels}
        return sorted(modules)
    if rule in NETWORK_RULES and config.training.dl_module is None:
        return [NETWORKS[ALIASES.get(config.training.dl_name, config.training.dl_name)].rpartition(".")[0]]
    return []


def _files(rule: str, config: Config) -> Sequence[Path | str]:
    if rule in NETWORK_RULES and config.training.dl_module is not None:
        return [config.training.dl_module]
    if rule == "compute_external_features" and config.external_features.module is not None:
        return [config.external_features.module]
    if rule == "write_report":
        return sorted((LIBRARY / "report" / "templates").iterdir())
    return []
