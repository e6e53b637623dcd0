"""Progress bar of a training, for people who watch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, TextColumn

from tilefold.training.state import TrainingState


@contextmanager
def epoch_bar(title: str, epochs: int) -> Iterator[Callable[[TrainingState, float], None]]:
    """Yield a function that shows a state and the samples a second of its last epoch.

    It does nothing where nobody sees a terminal.
    """
    if not sys.stderr.isatty():
        yield lambda _state, _rate: None
        return
    columns = (*Progress.get_default_columns(), TextColumn("{task.fields[figures]}"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=epochs, figures="")

        def show(state: TrainingState, samples_a_second: float) -> None:
            row = state.history[-1]
            figures = f"learning rate {row['learning_rate']:.1e}, loss {row['train_loss']:.4f}"
            figures += f", validation {row['validation_loss']:.4f}"
            if row["validation_fscore"] is not None:
                figures += f", F-score {row['validation_fscore']:.4f}"
            figures += f", {samples_a_second:,.0f} samples/s"
            bar.update(task, completed=state.epoch, figures=figures)

        yield show
