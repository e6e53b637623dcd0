"""Features that are computed from a date's bands: plain data, nothing is imported."""

from __future__ import annotations

#: Name of a feature to the aliases of the bands that its formula takes, in this order. The formulas have the same
#: names in `tilefold.series.features.FORMULAS`.
FEATURES: dict[str, tuple[str, ...]] = {
    "ndvi": ("nir", "red"),
    "ndwi": ("swir", "nir"),
    "brightness": (),
}
