"""How maps store confidence and probabilities as integers."""

from __future__ import annotations

#: Values of pixels that were never clear or that no model classifies.
CONFIDENCE_NODATA = 255
PROBABILITY_NODATA = 65535
CONFIDENCE_SCALE = 100
PROBABILITY_SCALE = 1000
