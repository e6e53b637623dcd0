"""Features that are known by name: plain data, nothing is imported."""

from __future__ import annotations

#: For each feature, which bands it needs, as aliases that a sensor gives to its bands.
FEATURES: dict[str, tuple[str, ...]] = {
    "ndvi": ("nir", "red"),
    "ndwi": ("swir", "nir"),
    "brightness": (),
}
