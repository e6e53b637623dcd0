"""A training's history as TensorBoard events, for people who watch many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tilefold.training.state import TrainingState


@contextmanager
def epoch_events(
    folder: Path | str | None, epochs_done: int
) -> Iterator[Callable[[TrainingState, float], None]]:
    """Yield a function that writes an epoch's row and its samples a second; it does nothing without a folder.

    Parameters
    ----------
    folder
        Where events go; those of a training that is gone on with are kept up to `epochs_done`.
    epochs_done
        Epochs that the training has done before.
    """
    if folder is None:
        yield lambda _state, _rate: None
        return
    # An optional package, and a slow one to load.
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415

    with SummaryWriter(str(folder), purge_step=epochs_done + 1) as writer:

        def add(state: TrainingState, samples_a_second: float) -> None:
            row = state.history[-1]
            for name, value in row.items():
                if name != "epoch" and value is not None:
                    part, _, score = name.partition("_")
                    writer.add_scalar(f"{score}/{part}", value, state.epoch)
            writer.add_scalar("samples_per_second", samples_a_second, state.epoch)
            writer.flush()

        yield add
