"""Configuration of training and classification."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, field_validator

from tilefold.config.section import Section

Positive = Annotated[int, Field(ge=1)]
Device = Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:[0-9]+)?)$")]


class HyperparametersSolver(Section):
    """Every pair of the two lists is trained: one candidate each."""

    batch_size: Annotated[list[Positive], Field(min_length=1)] = [1000]
    """Samples in a batch."""
    learning_rate: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1)] = [1e-5]
    """Learning rate of the optimiser."""

    @field_validator("batch_size", "learning_rate")
    @classmethod
    def _each_once(cls, value: list[float]) -> list[float]:
        if len(set(value)) != len(value):
            raise ValueError("each value once")
        return value


class AdaptiveLr(Section):
    """Keys of torch's `ReduceLROnPlateau`, which lowers the learning rate when the validation loss stays.

    Off where none is given. Of those not given torch's defaults hold, which are told here.
    """

    patience: Annotated[int, Field(ge=0)] | None = None
    """Epochs without a lower validation loss before the rate falls. torch: 10."""
    factor: Annotated[float, Field(gt=0, lt=1)] | None = None
    """What the rate is multiplied by. torch: 0.1."""
    threshold: Annotated[float, Field(ge=0)] | None = None
    """Least fall of the loss that counts. torch: 0.0001."""
    threshold_mode: Literal["rel", "abs"] | None = None
    """Whether `threshold` is a share of the loss or a difference. torch: rel."""
    cooldown: Annotated[int, Field(ge=0)] | None = None
    """Epochs after a fall of the rate that are not counted. torch: 0."""
    min_lr: Annotated[float, Field(ge=0)] | None = None
    """Rate that it does not fall below. torch: 0."""
    eps: Annotated[float, Field(ge=0)] | None = None
    """Falls of the rate that are smaller are not made. torch: 1e-8."""
    verbose: bool | None = None
    """Accepted and without effect: the history and the log always tell the rate."""

    def arguments(self) -> dict[str, Any] | None:
        """Arguments of `ReduceLROnPlateau`, or None where no key is given."""
        given = self.model_dump(exclude_none=True)
        if not given:
            return None
        given.pop("verbose", None)
        return given


class Augmentation(Section):
    """Random changes of the series that are learnt from; validation and classification see them as they are."""

    time_shift: Annotated[int, Field(ge=0)] = 0
    """Largest shift of a sample's series in dates of the calendar, either way, each sensor by itself."""
    band_noise: Annotated[float, Field(ge=0)] = 0.0
    """Gaussian noise, in standard deviations of each component at each date."""
    date_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Probability that a date of a sample is made missing."""

    def changes(self) -> dict[str, Any] | None:
        """All values, or None where nothing is changed."""
        values = self.model_dump()
        return values if any(values.values()) else None


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
    temperature_scaling: bool = False
    """Divide the chosen model's logits by a temperature that is fitted on its validation samples, so that confidence
    and probabilities say more nearly how often they are right. Labels stay. See `docs/validity.md`."""
    weighted_labels: bool = False
    """Weight each class by the inverse of its share of the samples."""
    additional_statistics_percentage: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of the learn samples, above 0 and at most 1, that quantiles (0.1, 0.5, 0.95) of every component are
    computed from, for networks that use them; at most 65,536 samples are taken. Default: no quantiles."""
    dataloader_mode: Literal["full", "stream"] = "stream"
    """`full`: all samples in memory; `stream`: read in shuffled blocks."""
    num_workers: Annotated[int, Field(ge=0)] = 1
    """Threads that read ahead with `stream`; 0: none. Weights do not depend on it."""
    optimiser: Literal["adam", "adamw", "sgd"] = "adam"
    """Optimiser, with torch's defaults; `sgd` has momentum 0.9."""
    gradient_clipping: Annotated[float, Field(gt=0)] | None = None
    """Largest norm of the gradient. Default: none."""
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of each label that is spread over all classes while learning. Losses in the history are without."""
    adaptive_lr: AdaptiveLr = AdaptiveLr()
    """Learning rate that falls when the validation loss stays. Default: one rate."""
    augmentation: Augmentation = Augmentation()
    """Random changes of the series that are learnt from. Default: none."""
    enable_early_stop: bool = False
    """End the training when `early_stop_metric` no longer improves."""
    epoch_to_trigger: Annotated[int, Field(ge=0)] = 5
    """Epoch after which the metric is watched."""
    early_stop_patience: Positive = 10
    """Epochs without improvement that end the training."""
    early_stop_tol: Annotated[float, Field(ge=0)] = 0.01
    """Least improvement over the best watched epoch that counts: of a loss log10(best / loss), of a score the
    difference."""
    early_stop_metric: Literal[
        "val_loss",
        "val_oa",
        "val_kappa",
        "val_fscore",
        "train_loss",
        "train_oa",
        "train_kappa",
        "train_fscore",
    ] = "val_loss"
    """What is watched. `valid_loss` and `validation_loss` mean `val_loss`."""
    restart_from_checkpoint: bool = True
    """Go on from the last finished epoch of an interrupted training of the same data and settings."""
    compute_threads: Positive = 1
    """Threads that one training computes with. The weights depend on it in their last digits."""
    device: Device = "auto"
    """`auto`: a GPU where there is one; `cpu`; `cuda`; `cuda:1` for the second GPU."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """`auto`: bfloat16 on GPUs that have it, float32 elsewhere."""
    compile: Literal["auto"] | bool = "auto"
    """Compile the network with torch's compiler, which takes about a minute. `auto`: on GPUs, where Triton and a C
    compiler are installed and an epoch has 5000 batches or more."""
    tensorboard: bool = False
    """Also write the history as TensorBoard events, to `logs/train_candidate`. Needs the package `tensorboard`."""

    @field_validator("early_stop_metric", mode="before")
    @classmethod
    def _other_spellings(cls, value: Any) -> Any:
        return "val_loss" if value in ("valid_loss", "validation_loss") else value

    def early_stop(self) -> dict[str, Any] | None:
        """When a training ends early, or None where it does not."""
        if not self.enable_early_stop:
            return None
        return {
            "metric": self.early_stop_metric,
            "first_after": self.epoch_to_trigger,
            "patience": self.early_stop_patience,
            "tolerance": self.early_stop_tol,
        }

    def candidates(self) -> list[dict[str, Any]]:
        """Name, batch size and learning rate of each candidate, in the order of the lists."""
        solver = self.hyperparameters_solver
        return [
            {"name": f"batch_{batch}_lr_{rate:g}", "batch_size": batch, "learning_rate": rate}
            for batch in solver.batch_size
            for rate in solver.learning_rate
        ]


class Models(Section):
    """Models that are there already."""

    model_config = ConfigDict(populate_by_name=True)

    source: Annotated[str | None, Field(alias="from")] = None
    """Results folder of a finished project, whose models of the run `all` map the tiles of this one: new tiles, or
    another year. Nothing is trained or scored. Sensors, components, the number of dates and their positions in the
    year must be those of the training. See `docs/mapping_elsewhere.md`."""
    tolerance_days: Annotated[int, Field(ge=0)] = 0
    """Days by which the positions of dates in the year may differ from those of the training."""


class Classification(Section):
    """How tiles are classified."""

    number_of_chunks: Positive | Literal["auto"] = "auto"
    """Jobs that each tile is cut into. `auto`: as few as keep what each one classifies under `memory_gb`. Maps are
    the same bytes for any number."""
    memory_gb: Annotated[float, Field(gt=0)] = 8.0
    """For `number_of_chunks: auto`: gigabytes that the series, static rasters, external features and products of one
    chunk may measure, uncompressed. A job works by blocks and has only some of them in memory at a time."""
    confidence_type: Literal["uint8", "float16"] = "uint8"
    """What the map of confidence, the probability of the label, is stored as: `uint8`, in per cent; `float16`, from 0
    to 1, as GDAL's GeoTIFF of half precision, which programs read as 32-bit floats."""
    enable_probability_map: bool = False
    """Also write the probability of each class: 0 to 1000, one band a class."""
    enable_margin_map: bool = False
    """Also write the margin: the probability of the most probable class less that of the second, 0 to 100."""
    enable_clear_dates_map: bool = False
    """Also write the number of clear dates of each pixel; of several sensors, that of the one with the fewest."""
    batch_rows: Annotated[int, Field(ge=16)] = 4096
    """Pixels that the network sees at once; every batch is padded to this number."""
    compute_threads: Positive = 1
    """Threads that one classification job computes with."""
    precision: Literal["fp32", "bf16", "auto"] = "fp32"
    """What networks compute with. `bf16`: bfloat16, faster where the device has it; `auto`: bfloat16 for the models
    of a run whose labels of the validation samples then stay on more than 99.9 %, if the device has it; a job of each
    run finds that out."""
    device: Device = "auto"
    """`auto`: a GPU where there is one; `cpu`; `cuda`; `cuda:1` for the second GPU."""
