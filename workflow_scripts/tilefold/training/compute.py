"""What torch computes with: device, threads, and random numbers that depend on a seed and a purpose alone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

# MKL reads it at the first product of matrices. Without it, on processors without AVX-512, some small products give
# a row other last digits at another place in the batch; with it they were the same at no measurable cost.
os.environ.setdefault("MKL_CBWR", "AUTO")


def pick_device(name: str) -> torch.device:
    """Device for `auto` (a GPU where there is one), `cpu` or `cuda`.

    Raises
    ------
    ValueError
        If the name is unknown, or a GPU is asked for where there is none.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device: found {name!r}, expected auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            "device: cuda is asked for, but torch finds no GPU; use auto or cpu, or request a GPU"
        )
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def derived_seed(seed: int, purpose: str, epoch: int = 0) -> int:
    """Seed of 63 bits for one purpose at one epoch: neither purposes nor epochs share random numbers."""
    name = hashlib.sha256(f"{seed}/{purpose}/{epoch}".encode()).digest()
    return int.from_bytes(name[:8], "big") >> 1


def generator(seed: int, purpose: str, epoch: int = 0) -> torch.Generator:
    """Make a generator on the CPU, seeded for one purpose at one epoch."""
    return torch.Generator().manual_seed(derived_seed(seed, purpose, epoch))


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
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
