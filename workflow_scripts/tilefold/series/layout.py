"""How a series file is laid out."""

from __future__ import annotations

from collections.abc import Sequence

#: Value of a series where a pixel was never seen clear.
NODATA = -32768

#: Description of the only band of a raster of clear dates.
CLEAR_DATES = "clear_dates"


def series_descriptions(bands: Sequence[str], dates: Sequence[str]) -> list[str]:
    """Descriptions ``<band>_<YYYYMMDD>`` of a series' raster bands: all bands of the first date, then the next.

    Parameters
    ----------
    bands
        Names of the sensor's bands.
    dates
        ISO dates of the calendar.
    """
    return [f"{band}_{date.replace('-', '')}" for date in dates for band in bands]
