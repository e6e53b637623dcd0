"""Configuration of training and classification."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from tilefold.config.section import Section

Positive = Annotated[int, Field(ge=1)]


class HyperparametersSolver(Section):
    """Every pair of the two lists is trained: one candidate each."""

    batch_size: Annotated[list[Positive], Field(min_length=1)] = [1000]
    """Samples in a batch."""
    learning_rate: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1)] = [1e-5]
    """Learning rate of Adam."""

    @field_validator("batch_size", "learning_rate")
    @classmethod
    def _each_once(cls, value: list[float]) -> list[float]:
        if len(set(value)) != len(value):
            raise ValueError("each value once")
        return value


class Training(Section):
    """How the networks are trained and the model is chosen."""

    dl_name: str = "MLPClassifier"
    """Name of the network."""
    dl_module: str | None = None
    """Python file of your own that holds the network `dl_name`."""
    dl_parameters: dict[str, bool | int | float | str | None] = {}
    """Further arguments of the network's constructor."""
    epochs: Positive = 100
    """Times that the samples are gone through."""
    hyperparameters_solver: HyperparametersSolver = HyperparametersSolver()
    """Batch sizes and learning rates to try."""
    model_selection_criterion: Literal["loss", "fscore", "oa", "kappa"] = "loss"
    """What the best epoch of a candidate, and the best candidate, are chosen by; computed on validation."""
    weighted_labels: bool = False
    """Weight each class by the inverse of its share of the samples."""
    additional_statistics_percentage: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of the learn samples, above 0 and at most 1, that quantiles (0.1, 0.5, 0.95) of every component are
    computed from, for networks that use them; at most 65,536 samples are taken. Default: no quantiles."""
    dataloader_mode: Literal["full", "stream"] = "stream"
    """`full`: all samples in memory; `stream`: read in shuffled blocks."""
    restart_from_checkpoint: bool = True
    """Go on from the last finished epoch of an interrupted training of the same data and settings."""
    compute_threads: Positive = 1
    """Threads that one training computes with. The weights depend on it in their last digits."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto`: a GPU where there is one."""

    def candidates(self) -> list[dict[str, Any]]:
        """Name, batch size and learning rate of each candidate, in the order of the lists."""
        solver = self.hyperparameters_solver
        return [
            {"name": f"batch_{batch}_lr_{rate:g}", "batch_size": batch, "learning_rate": rate}
            for batch in solver.batch_size
            for rate in solver.learning_rate
        ]


class Classification(Section):
    """How tiles are classified."""

    number_of_chunks: Positive = 1
    """Jobs that each tile is cut into."""
    enable_probability_map: bool = False
    """Also write the probability of each class."""
    batch_rows: Annotated[int, Field(ge=16)] = 4096
    """Pixels that the network sees at once; every batch is padded to this number."""
    compute_threads: Positive = 1
    """Threads that one classification job computes with."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto`: a GPU where there is one."""
