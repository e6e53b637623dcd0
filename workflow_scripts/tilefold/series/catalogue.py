"""Features that are computed from a date's bands: plain data, nothing is imported."""

from __future__ import annotations

#: Name of a feature to the aliases of the bands that its function takes, in this order. The functions have the
#: same names in `tilefold.series.features.FUNCTIONS`.
FEATURES: dict[str, tuple[str, ...]] = {
    "ndvi": ("nir", "red"),
    "ndwi": ("swir", "nir"),
    "brightness": (),
}
