"""Binding of the engine's rules to the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tilefold.plan.plan import Plan
from tilefold.plan.settings import Settings, rule_settings


def bind_settings(plan: Plan, rule: str) -> Callable[[Mapping[str, str]], Settings]:
    """Function that the engine calls with a job's wildcards to get its settings."""

    def settings(wildcards: Any) -> Settings:
        return rule_settings(plan, rule, dict(wildcards.items()))

    return settings
