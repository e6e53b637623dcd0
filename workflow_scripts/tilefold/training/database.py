"""Samples of a run, read from its database as shuffled batches: all in memory, or streamed in blocks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from netCDF4 import Dataset
from numpy.typing import NDArray
from torch import Tensor

from tilefold.networks.inputs import shapes
from tilefold.series.features import input_tensor
from tilefold.storage.reading_ahead import read_ahead
from tilefold.storage.samples import SAMPLES_PER_CHUNK, stored_variables
from tilefold.training.compute import fits, generator

LEARN, VALIDATION = 0, 1

#: Rows of one read, which is the database's chunk.
BLOCK = SAMPLES_PER_CHUNK
#: Blocks that are shuffled together when samples are streamed. In memory are one such pool and one for each worker,
#: which for 481 components and one worker are 130 MB.
POOL_BLOCKS = 16
CPU = torch.device("cpu")


class DatabaseError(ValueError):
    """A sample database that cannot be trained on."""


@dataclass(frozen=True)
class Batch:
    """Tensors of each input, float32 (rows, dates, components) or (rows, bands), and class indices, int64."""

    inputs: dict[str, Tensor]
    targets: Tensor


@dataclass(frozen=True)
class _Pool:
    """Samples in memory and the order in which they are given out."""

    samples: Batch
    order: Tensor


class SampleDatabase:
    """Samples of a run and region.

    Attributes
    ----------
    inputs
        Kind, dates, bands and features of each input, in the order of the network's arguments.
    classes
        Codes of all classes, ascending.
    """

    def __init__(
        self, dataset: Dataset, path: Path, *, in_memory: bool, num_workers: int, device: torch.device
    ) -> None:
        self._dataset = dataset
        # The library that reads is not made for several threads at once.
        self._reading = Lock()
        self._num_workers = num_workers
        self._device = device
        self._path = path
        try:
            self.inputs: dict[str, dict[str, Any]] = json.loads(dataset.getncattr("inputs"))
            self.classes: list[int] = json.loads(dataset.getncattr("classes"))
            self._targets = self._class_indices(dataset["label"][:])
            self._roles = np.asarray(dataset["role"][:])
            for name, (shape, _) in stored_variables(self.inputs).items():
                self._check_shape(name, shape, dataset[name].shape)
        except (AttributeError, IndexError, json.JSONDecodeError) as error:
            raise DatabaseError(
                f"{path}: not a sample database ({error}); remove it and run again"
            ) from error
        self._memory: dict[int, Batch] | None = None
        if in_memory:
            if not fits(self._bytes(), device):
                self._device = CPU
            self._memory = {role: self._load(role) for role in (LEARN, VALIDATION)}

    def counts(self, role: int) -> NDArray[np.int64]:
        """Count the samples of each class in a role, int64 (classes,)."""
        return np.bincount(self._targets[self._roles == role], minlength=len(self.classes)).astype(np.int64)

    def learn_batches(self, batch_size: int, seed: int, epoch: int) -> Iterator[Batch]:
        """All learn samples once, in an order that depends on seed and epoch alone."""
        return self._batches(LEARN, batch_size, generator(seed, "order", epoch))

    def validation_batches(self, batch_size: int) -> Iterator[Batch]:
        """All validation samples once, in the order of the database."""
        return self._batches(VALIDATION, batch_size, None)

    def _batches(self, role: int, batch_size: int, shuffle: torch.Generator | None) -> Iterator[Batch]:
        pools = self._pools_in_memory(role, shuffle) if self._memory else self._pools_streamed(role, shuffle)
        number = int(np.count_nonzero(self._roles == role))
        return _cut(pools, batch_sizes(number, batch_size))

    def _pools_in_memory(self, role: int, shuffle: torch.Generator | None) -> Iterator[_Pool]:
        yield self._pool((self._memory or {})[role], shuffle)

    def _pools_streamed(self, role: int, shuffle: torch.Generator | None) -> Iterator[_Pool]:
        blocks = self._blocks_with(role)
        order = _order(len(blocks), shuffle).numpy()
        groups = [blocks[order[start : start + POOL_BLOCKS]] for start in range(0, len(blocks), POOL_BLOCKS)]
        for samples in read_ahead(lambda group: self._read(group, role), groups, self._num_workers):
            yield self._pool(samples, shuffle)

    def _pool(self, samples: Batch, shuffle: torch.Generator | None) -> _Pool:
        return _Pool(samples, _order(len(samples.targets), shuffle).to(self._device))

    def _blocks_with(self, role: int) -> NDArray[np.int64]:
        return np.unique(np.flatnonzero(self._roles == role) // BLOCK)

    def _load(self, role: int) -> Batch:
        """All samples of a role, filled part by part so that no second copy of them is ever in memory."""
        blocks = self._blocks_with(role)
        number = int(np.count_nonzero(self._roles == role))
        inputs: dict[str, Tensor] = {}
        targets = torch.empty(number, dtype=torch.int64, device=self._device)
        start = 0
        for first in range(0, len(blocks), POOL_BLOCKS):
            part = self._read(blocks[first : first + POOL_BLOCKS], role)
            stop = start + len(part.targets)
            for name, values in part.inputs.items():
                if name not in inputs:
                    inputs[name] = torch.empty((number, *values.shape[1:]), device=self._device)
                inputs[name][start:stop] = values
            targets[start:stop] = part.targets
            start = stop
        return Batch(inputs, targets)

    def _read(self, blocks: NDArray[np.int64], role: int) -> Batch:
        """Tensors of the samples of a role in some blocks, on the device: batches are gathered there."""
        rows = [slice(int(block) * BLOCK, (int(block) + 1) * BLOCK) for block in blocks]
        kept = [self._roles[part] == role for part in rows]
        targets = np.concatenate([self._targets[part][keep] for part, keep in zip(rows, kept, strict=True)])
        inputs = {
            name: np.empty((len(targets), *shape), np.float32) for name, shape in shapes(self.inputs).items()
        }
        start = 0
        # Block by block, so that a block stays in the processor's cache from one operation to the next.
        for part, keep in zip(rows, kept, strict=True):
            stop = start + int(np.count_nonzero(keep))
            for name, spec in self.inputs.items():
                with self._reading:
                    values = {key: self._dataset[key][part][keep] for key in stored_variables({name: spec})}
                input_tensor(values, name, spec, inputs[name][start:stop])
            start = stop
        return Batch(
            {name: torch.from_numpy(values).to(self._device) for name, values in inputs.items()},
            torch.from_numpy(targets).to(self._device),
        )

    def _bytes(self) -> int:
        """Memory that the tensors of all samples take."""
        values = sum(int(np.prod(shape)) for shape in shapes(self.inputs).values())
        return len(self._targets) * values * np.dtype(np.float32).itemsize

    def _class_indices(self, labels: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        codes = np.asarray(self.classes)
        indices = np.searchsorted(codes, labels).clip(max=len(codes) - 1)
        unknown = np.unique(labels[codes[indices] != labels])
        if unknown.size:
            raise DatabaseError(
                f"{self._path}: labels {unknown.tolist()} are not among the classes {self.classes}"
            )
        return indices.astype(np.int64)

    def _check_shape(self, name: str, inner: tuple[int, ...], found: tuple[int, ...]) -> None:
        expected = (len(self._targets), *inner)
        if found != expected:
            raise DatabaseError(f"{self._path}: variable {name} has shape {found}, expected {expected}")


@contextmanager
def open_samples(
    path: Path | str, mode: str, num_workers: int = 1, device: torch.device = CPU
) -> Iterator[SampleDatabase]:
    """Open the sample database of a run and region.

    Parameters
    ----------
    path
        The NetCDF file.
    mode
        `full`: all tensors are computed once and kept in memory, and shuffled as a whole; `stream`: blocks of
        2048 rows are drawn at random and shuffled in pools of 16, while the next pool is read.
    num_workers
        Threads that read ahead when samples are streamed, each a pool; 0: none. The samples and their order do not
        depend on it.
    device
        Where batches are put together: `full` keeps all samples there if they take at most half of its free memory,
        else in the CPU's; `stream` moves each pool there.

    Raises
    ------
    DatabaseError
        If the file lacks something or contradicts itself.
    """
    if mode not in ("full", "stream"):
        raise DatabaseError(f"training.dataloader_mode: found {mode!r}, expected full or stream")
    with Dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        yield SampleDatabase(
            dataset, Path(path), in_memory=mode == "full", num_workers=num_workers, device=device
        )


def batch_sizes(samples: int, size: int) -> list[int]:
    """Sizes of an epoch's batches; a single last sample joins the batch before: alone it has no variance."""
    whole, rest = divmod(samples, size)
    sizes = [size] * whole
    if rest == 1 and whole:
        sizes[-1] += 1
    elif rest:
        sizes.append(rest)
    return sizes


def _order(number: int, shuffle: torch.Generator | None) -> Tensor:
    return torch.arange(number) if shuffle is None else torch.randperm(number, generator=shuffle)


def _cut(pools: Iterator[_Pool], sizes: Sequence[int]) -> Iterator[Batch]:
    """Batches of the given sizes from pools one after the other; a batch may reach over several pools."""
    pool = next(pools, None)
    used = 0
    for size in sizes:
        parts: list[Batch] = []
        missing = size
        while missing:
            if pool is None:
                raise DatabaseError(f"the database ended {missing} samples before its roles say")
            if used == len(pool.order):
                pool, used = next(pools, None), 0
                continue
            rows = pool.order[used : used + missing]
            used += len(rows)
            missing -= len(rows)
            inputs = {name: values.index_select(0, rows) for name, values in pool.samples.inputs.items()}
            parts.append(Batch(inputs, pool.samples.targets[rows]))
        yield parts[0] if len(parts) == 1 else _joined(parts)


def _joined(parts: Sequence[Batch]) -> Batch:
    names = parts[0].inputs
    inputs = {name: torch.cat([part.inputs[name] for part in parts]) for name in names}
    return Batch(inputs, torch.cat([part.targets for part in parts]))
