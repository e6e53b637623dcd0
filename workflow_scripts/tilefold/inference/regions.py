"""Which model of a run classifies the pixels of which region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.inference.decisions import Decisions, decide
from tilefold.inference.model import PredictionError, Predictor
from tilefold.inference.pixels import as_slice, classify_pixels, load_predictor, predict_pixels
from tilefold.regions.names import ALL, region_numbers
from tilefold.regions.weighing import MIXED, WEIGHT_SCALE
from tilefold.training.model_file import read_model_description


class RegionModels:
    """The models of a run.

    A model is loaded when the first pixel needs it, and stays.

    Attributes
    ----------
    path
        The first model that is one, for messages.
    inputs, classes
        As of a `Predictor`; the same for all models.
    names
        By number of a region in rasters, 0 being outside all regions: region of the model that classifies its
        pixels; None: no model does. Without regions all pixels have the number 0, and the model `all`.

    Parameters
    ----------
    models
        Model file by region.
    settings
        `fallback` (`nearest`, `global`, `none`; None without regions), and what `load_predictor` takes.
    neighbours
        Other regions of each region, nearest first, for the fallback `nearest`.
    precisions
        By region, `fp32` or `bf16`, where `settings["precision"]` is `auto`.

    Raises
    ------
    PredictionError
        If no region has a model, or models differ in inputs or classes.
    """

    def __init__(
        self,
        models: Mapping[str, Path | str],
        settings: Mapping[str, Any],
        neighbours: Mapping[str, Sequence[str]] | None = None,
        precisions: Mapping[str, str] | None = None,
    ) -> None:
        described = {name: read_model_description(path) for name, path in models.items()}
        trained = {name: content for name, content in described.items() if "untrained" not in content}
        if not trained:
            reasons = "; ".join(f"{name}: {content['untrained']}" for name, content in described.items())
            raise PredictionError(
                f"{settings['fold']}, seed {settings['seed']}: no region has a model ({reasons}); add reference "
                "polygons in the training tiles, or make the regions larger"
            )
        first = next(iter(trained))
        self._models, self._settings, self._precisions = models, settings, precisions or {}
        self._loaded: dict[str, Predictor] = {}
        self.path = Path(models[first])
        self.inputs: dict[str, dict[str, Any]] = trained[first]["inputs"]
        self.classes: list[int] = trained[first]["classes"]
        for name, content in trained.items():
            if content["inputs"] != self.inputs or content["classes"] != self.classes:
                raise PredictionError(
                    f"{models[name]}: its inputs or classes are not those of {self.path}; train again"
                )
        self.names = _names(list(models), set(trained), settings["fallback"], neighbours or {})

    def classify(
        self,
        regions: NDArray[Any],
        values: Mapping[str, NDArray[Any]],
        clear_dates: NDArray[np.uint16],
        *,
        place: str,
    ) -> Decisions:
        """Classify pixels, each by the model of its region; without one they are nodata.

        Parameters
        ----------
        regions
            (1, n): numbers of the pixels' regions; or (2 `MIXED`, n): regions and weights of `weigh_regions`.
        values, clear_dates, place
            See `classify_pixels`.
        """
        nodata, rows = self._settings["nodata"], self._settings["batch_rows"]
        mixed = regions[MIXED + 1] > 0 if len(regions) > 1 else np.zeros(clear_dates.size, np.bool_)
        shares = list(self._shares(np.flatnonzero(~mixed), regions[0]))
        if len(shares) == 1 and _is_all(shares[0][1], clear_dates.size):
            return classify_pixels(shares[0][0], values, clear_dates, nodata=nodata, rows=rows, place=place)
        decisions = Decisions.undecided(clear_dates.size, len(self.classes), nodata)
        for predictor, where in shares:
            part = {name: stored[where] for name, stored in values.items()}
            clear = clear_dates[where]
            decisions.put(
                where, classify_pixels(predictor, part, clear, nodata=nodata, rows=rows, place=place)
            )
        self._mix(decisions, np.flatnonzero(mixed), regions, values, clear_dates, place)
        return decisions

    def _mix(
        self,
        decisions: Decisions,
        mixed: NDArray[np.intp],
        regions: NDArray[Any],
        values: Mapping[str, NDArray[Any]],
        clear_dates: NDArray[np.uint16],
        place: str,
    ) -> None:
        """Decide on pixels near the borders of regions by the weighted mean of the models' probabilities.

        Regions without a model do not count; a pixel whose own region has none stays nodata.
        """
        own = np.array([name is not None for name in self.names])[regions[0, mixed]]
        mixed = mixed[own & (clear_dates[mixed] > 0)]
        total, weight = np.zeros((mixed.size, len(self.classes))), np.zeros(mixed.size)
        # In one order everywhere, since sums depend on it.
        for name in dict.fromkeys(name for name in self.names if name is not None):
            mine = np.array([other == name for other in self.names])[regions[:MIXED, mixed]]
            share = (regions[MIXED:, mixed] * mine).sum(axis=0) / WEIGHT_SCALE
            counting = np.flatnonzero(share)
            if not counting.size:
                continue
            where = as_slice(mixed[counting])
            part = {key: stored[where] for key, stored in values.items()}
            for chosen, probabilities in predict_pixels(
                self._predictor(name),
                part,
                clear_dates[where],
                rows=self._settings["batch_rows"],
                place=place,
            ):
                rows = counting[chosen]
                total[rows] += share[rows, None] * probabilities
                weight[rows] += share[rows]
        if mixed.size:
            decisions.put(mixed, decide(total / weight[:, None], self.classes))

    def _shares(
        self, pixels: NDArray[np.intp], regions: NDArray[Any]
    ) -> Iterator[tuple[Predictor, slice | NDArray[np.intp]]]:
        """Each model with those of some pixels that it classifies."""
        regions = regions[pixels]
        numbers = np.unique(regions).tolist()
        for name in dict.fromkeys(self.names[number] for number in numbers):
            if name is not None:
                mine = [number for number in numbers if self.names[number] == name]
                yield self._predictor(name), as_slice(pixels[np.isin(regions, mine)])

    def _predictor(self, name: str) -> Predictor:
        if name not in self._loaded:
            precision = self._precisions.get(name, self._settings.get("precision", "fp32"))
            self._loaded[name] = load_predictor(self._models[name], self._settings, precision)
        return self._loaded[name]


def _is_all(where: slice | NDArray[np.intp], pixels: int) -> bool:
    return isinstance(where, slice) and where == slice(0, pixels)


def _names(
    regions: Sequence[str],
    trained: set[str],
    fallback: str | None,
    neighbours: Mapping[str, Sequence[str]],
) -> list[str | None]:
    """Region of the model that classifies pixels, by number.

    With `nearest` the rasters are filled: no pixel has the number 0.
    """
    numbers = region_numbers(regions)
    if not numbers:
        return [ALL]
    names: list[str | None] = [None] * (len(numbers) + 1)
    for region, number in numbers.items():
        if region in trained:
            names[number] = region
        elif fallback == "nearest":
            names[number] = next(other for other in neighbours[region] if other in trained)
    if fallback == "global":
        names = [name or ALL for name in names]
    return names
