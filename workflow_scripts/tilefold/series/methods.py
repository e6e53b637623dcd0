"""Ways to bring a tile's observations onto its calendar: plain data, nothing is imported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """One way to fill a series.

    Attributes
    ----------
    kernel
        Path of the compiled function that fills pixels, see `tilefold.series.gapfilling.fill_gaps`.
    calendar
        Kind of the dates that it fills, a name in `tilefold.plan.calendar.CALENDARS`.
    parameters
        What the kernel is given besides, in this order: names of keys of the configuration's `calendar`.
    """

    kernel: str
    calendar: str
    parameters: tuple[str, ...] = ()


METHODS: dict[str, Method] = {
    # On a straight line between the nearest clear observations.
    "linear": Method("tilefold.series.interpolation.fill_pixels", "regular"),
    # The acquisitions as they are; on a straight line only where they are cloudy.
    "none": Method("tilefold.series.interpolation.fill_pixels", "common"),
    # Mean of the clear observations, the nearer in time the heavier.
    "gaussian": Method("tilefold.series.smoothing.smooth_pixels", "regular", ("gaussian_width",)),
    # The acquisitions as they are, and nothing where they are cloudy.
    "raw": Method("tilefold.series.placing.place_pixels", "union"),
}
