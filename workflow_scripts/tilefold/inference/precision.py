"""Whether networks may predict with bfloat16: where the device has it and labels stay."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from netCDF4 import Dataset

from tilefold.inference.pixels import load_predictor
from tilefold.series.features import input_tensor
from tilefold.storage.samples import read_rows, stored_variables
from tilefold.storage.tables import read_table, write_table
from tilefold.training.compute import pick_device
from tilefold.training.database import VALIDATION
from tilefold.training.model_file import read_model_description

logger = logging.getLogger(__name__)

#: Share of the samples whose labels must be the same, and more.
AGREEMENT = 0.999
FP32, BF16 = "fp32", "bf16"
COLUMNS = ["region", "samples", "agreement", "device_has_bf16", "precision"]


def compare_precisions(
    models: Mapping[str, Path | str],
    samples: Mapping[str, Path | str],
    settings: Mapping[str, Any],
    *,
    compared: Path | str,
) -> None:
    """Compare the labels that each model gives its validation samples in both precisions.

    Memory is that of a block of samples.

    Parameters
    ----------
    models, samples
        Model file and sample database by region.
    settings
        `codes`, `batch_rows`, `compute_threads`, `device`.
    compared
        CSV to write, a row a region: `samples` (validation samples compared; 0 where the device has no bfloat16, or
        there is no model), `agreement` (share with equal labels), `device_has_bf16`, `precision` (bf16 where the
        device has it and `agreement` is above `AGREEMENT`, else fp32).
    """
    able = has_bf16(pick_device(settings["device"]))
    rows = []
    for region, path in models.items():
        number = same = 0
        if able and "untrained" not in read_model_description(path):
            number, same = _equal_labels(path, samples[region], settings)
        agreement = same / number if number else np.nan
        rows.append((region, number, agreement, able, BF16 if agreement > AGREEMENT else FP32))
        logger.info("%s: %d of %d labels are the same in bfloat16", region, same, number)
    write_table(compared, pd.DataFrame(rows, columns=COLUMNS))


def has_bf16(device: torch.device) -> bool:
    """Whether a device computes with bfloat16 in hardware."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu.get_capabilities().get("avx512_bf16", False))


def read_precisions(compared: Path | str | None) -> dict[str, str]:
    """Precision by region from the table of `compare_precisions`; empty without one."""
    if compared is None:
        return {}
    table = read_table(compared).astype({"region": str})
    return dict(zip(table["region"], table["precision"], strict=True))


def _equal_labels(model: Path | str, samples: Path | str, settings: Mapping[str, Any]) -> tuple[int, int]:
    """Validation samples, and those with the same label in both precisions."""
    exact, fast = (load_predictor(model, settings, precision) for precision in (FP32, BF16))
    number = same = 0
    with Dataset(samples) as dataset:
        dataset.set_auto_maskandscale(False)
        chosen = np.flatnonzero(dataset["role"][:] == VALIDATION)
        for _, values in read_rows(dataset, stored_variables(exact.inputs), chosen):
            tensors = {name: input_tensor(values, name, spec) for name, spec in exact.inputs.items()}
            labels = [predictor.predict(tensors).argmax(axis=1) for predictor in (exact, fast)]
            number += len(labels[0])
            same += int(np.count_nonzero(labels[0] == labels[1]))
    return number, same
