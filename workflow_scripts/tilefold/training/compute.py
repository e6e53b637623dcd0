"""What torch computes with: device, threads, and random numbers that depend on a seed and a purpose alone."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import torch

logger = logging.getLogger(__name__)

# MKL reads it at the first product of matrices. Without it, on processors without AVX-512, some small products give
# a row other last digits at another place in the batch; with it they were the same at no measurable cost.
os.environ.setdefault("MKL_CBWR", "AUTO")


def pick_device(name: str) -> torch.device:
    """Device for `auto` (a GPU where there is one), `cpu`, `cuda` or one GPU of several, `cuda:<number>`.

    Raises
    ------
    ValueError
        If the name is unknown, or a GPU is asked for that is not there.
    """
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", name):
        raise ValueError(f"device: found {name!r}, expected auto, cpu, cuda or cuda:<number>")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ValueError(
            f"device: {name} is asked for, but torch finds no GPU; use auto or cpu, or request a GPU"
        )
    _, _, number = name.partition(":")
    if number and int(number) >= torch.cuda.device_count():
        raise ValueError(f"device: {name} is asked for, but torch finds {torch.cuda.device_count()} GPU(s)")
    chosen = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)
    logger.info(
        "computing on %s%s", chosen, ": no GPU is visible" if name == "auto" and chosen.type == "cpu" else ""
    )
    return chosen


def fits(size: int, device: torch.device) -> bool:
    """Whether so many bytes take at most half of a GPU's free memory; the CPU's is not asked for."""
    return device.type != "cuda" or 2 * size <= torch.cuda.mem_get_info(device)[0]


def uses_bf16(precision: str, device: torch.device) -> bool:
    """Whether networks compute with bfloat16: `auto` does on GPUs that have it, `bf16` everywhere, `fp32` nowhere.

    Raises
    ------
    ValueError
        If the precision is unknown.
    """
    if precision not in ("auto", "fp32", "bf16"):
        raise ValueError(f"training.precision: found {precision!r}, expected auto, fp32 or bf16")
    if precision == "auto":
        return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return precision == "bf16"


#: Batches of an epoch from which on `auto` compiles. On an H100 with batches of 1024, compiling the MLP and the L-TAE
#: took 10 to 20 s and won nothing to an eighth of an epoch, most of it starting kernels.
COMPILED_BATCHES = 5000


def is_compiled(wanted: bool | str, device: torch.device, batches: int) -> bool:
    """Whether a network is compiled: `auto` does on GPUs with what torch's compiler needs, in long trainings.

    It must not depend on the number of epochs, since more epochs go on with a training.

    Parameters
    ----------
    wanted
        True, False or `auto`.
    device
        Where to compute.
    batches
        Batches of an epoch.
    """
    if isinstance(wanted, bool):
        return wanted
    has_compiler = any(shutil.which(name) for name in (os.environ.get("CC", "cc"), "gcc", "clang"))
    has_triton = find_spec("triton") is not None
    return device.type == "cuda" and has_triton and has_compiler and batches >= COMPILED_BATCHES


def derived_seed(seed: int, purpose: str, epoch: int = 0) -> int:
    """Seed of 63 bits for one purpose at one epoch: neither purposes nor epochs share random numbers."""
    name = hashlib.sha256(f"{seed}/{purpose}/{epoch}".encode()).digest()
    return int.from_bytes(name[:8], "big") >> 1


def generator(seed: int, purpose: str, epoch: int = 0, device: torch.device | str = "cpu") -> torch.Generator:
    """Make a generator, seeded for one purpose at one epoch."""
    return torch.Generator(device).manual_seed(derived_seed(seed, purpose, epoch))


@contextmanager
def reproducible(threads: int, device: torch.device) -> Iterator[None]:
    """Compute with a fixed number of threads and, on a GPU, with deterministic algorithms where torch has them.

    The sums of a matrix product depend on how it is shared between threads, so the number of threads is part
    of what a result depends on. On the CPU the networks' operations are deterministic as they are, and asking
    torch for it would import its compiler, which takes seconds.
    """
    threads_before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        if device.type == "cpu":
            yield
        else:
            with _deterministic_algorithms():
                yield
    finally:
        torch.set_num_threads(threads_before)


@contextmanager
def _deterministic_algorithms() -> Iterator[None]:
    # cuBLAS reads it when it starts; without it its sums may change from run to run.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled()
    filling = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Filling fresh memory helps to find reads of what was never written; networks have none, and it costs a kernel
    # for each array.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.utils.deterministic.fill_uninitialized_memory = filling  # type: ignore[attr-defined]
        torch.use_deterministic_algorithms(before)
