"""All that can be turned on a simulated scene, in one place, with one default each.

The defaults are those of the demo. They were set to give a fair test (a best possible overall accuracy of
0.80 to 0.90, an intra-polygon correlation of 0.3 to 0.5, a held-out tile that is truly harder) and are
fixed: results of the workflow must not be a reason to turn them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

#: Sensors in whose layouts a scene can be written (see `layouts.table`).
SENSORS = (
    "sentinel2",
    "sentinel2s2c",
    "sentinel2l3a",
    "landsat8",
    "landsat8old",
    "landsat5old",
    "landsat_c2",
    "hls",
    "sentinel1",
)
#: Form of tiles' names where products can hold no others.
TILE_NAMES = {"landsat8old": "D[0-9]+H[0-9]+", "landsat5old": "D[0-9]+H[0-9]+"}


@dataclass(frozen=True)
class Dials:
    """Dials of a scene; every number may be 0 unless said otherwise.

    Attributes
    ----------
    seed
        Another seed is another scene with the same statistics.
    tiles
        Names of the tiles. They are laid out in columns from the south-west, each column from south to
        north, ``ceil(sqrt(n))`` tiles to a column, so that four names make a 2 x 2 block.
    size
        Side of a tile in 10 m pixels; even, at least 16.
    overlap
        Width of the strip that two neighbours share, in 10 m pixels; even, less than half of `size`.
    crs
        Projected reference system of all tiles, in metres.
    second_crs
        Another one for the tiles of the last column, as `EPSG:32632`; empty: all have the first. The scene then lies
        at 6 degrees east, where the UTM zones 31 and 32 meet. Not for Landsat and HLS.
    year
        Calendar year of the series.
    years_on
        0: the first year. 1, 2, ...: as many years later the same parcels, with `crop_change`, other days and
        clouds, and a season that differs from the first one's as much as tiles differ (`shift`). `year` names it.
    crop_change
        In later years, share of the parcels of field crops whose crop is drawn anew at the shares of the first year;
        some get the same again.
    acquisitions
        Products a tile, without the second ones of `double_days`; at least 1.
    double_days
        In the first tile, days on which a second product from a neighbouring orbit exists.
    gap_start, gap_days
        Day of the year at which the one long gap begins, and its length. It is the same in all tiles (a
        spell of weather), so that it is not a difference between tiles.
    cloud_fraction
        Mean share of pixels under cloud or shadow, 0.3 to 0.6 in the regions that the scene resembles;
        single acquisitions go from nearly clear to nearly overcast.
    mask_miss
        Share of the pixels under cloud or shadow that the masks call clear.
    mask_overcall
        Share of the clear pixels that the masks call cloudy.
    edge_share
        Share of the acquisitions that see only part of the tile, because the swath ends in it.
    always_flagged
        Side, in pixels, of a square in the last tile that the masks call cloudy on every date, as they do
        with some bright roofs: pixels without any clear date.
    parcel_pixels
        Mean area of a parcel in pixels; at least 16.
    mixed_border
        Standard deviation of the instrument's blur in pixels, which mixes parcels at their borders.
    sensor_noise
        Factor on the noise of single acquisitions (see `decoder`).
    class_effect
        Factor on the distances between the classes' mean series. 1 gives the overlap of classes that the
        defaults are made for; 0 makes all classes alike, so that a parcel has only its own fingerprint.
    parcel_effect
        Share of the variance within a class that whole parcels have in common (spectral and phenological);
        the rest is variation within parcels. The total does not change with it.
    spatial_effect
        Share of the parcels' variance that neighbouring parcels have in common.
    spatial_range
        Distance, in tile sides, over which that common part fades; greater than 0.
    shift
        Factor on the differences between tiles: timing and vigour of the season, gain and offset of bands.
    label_noise
        Share of reference polygons that carry the code of another class.
    reference_share
        Share of the parcels of a class that become reference polygons, where that gives at least
        `reference_minimum`.
    reference_minimum
        Polygons that a class gets as long as it has parcels enough.
    rare_polygons
        Most polygons that the rare class gets; 1 to 5 in the scenes that the defaults are made for.
    size_bias
        Exponent of a parcel's area in its chance to be in the reference; 0 is a fair sample.
    tiles_without_reference
        Tiles in which nobody collected reference polygons.
    local_tile
        Position in `tiles` of the only tile in which the local class exists.
    faults
        How often each kind of fault is put into the reference file; 0 gives a clean one.
    sensors
        Whose products are written, each in a folder of its name: any of `SENSORS`, some with names of tiles as in
        `TILE_NAMES`.
    dem
        Whether elevation rasters are written.
    """

    seed: int = 1
    tiles: tuple[str, ...] = ("T31TCJ", "T31TCK", "T31TDJ", "T31TDK")
    size: int = 192
    overlap: int = 20
    crs: str = "EPSG:32631"
    second_crs: str = ""
    year: int = 2018
    years_on: int = 0
    crop_change: float = 0.6
    acquisitions: int = 36
    double_days: int = 1
    gap_start: int = 20
    gap_days: int = 45
    cloud_fraction: float = 0.45
    mask_miss: float = 0.03
    mask_overcall: float = 0.02
    edge_share: float = 0.15
    always_flagged: int = 4
    parcel_pixels: int = 90
    mixed_border: float = 0.5
    sensor_noise: float = 1.0
    class_effect: float = 1.0
    parcel_effect: float = 0.45
    spatial_effect: float = 0.1
    spatial_range: float = 0.5
    shift: float = 1.0
    label_noise: float = 0.05
    reference_share: float = 0.6
    reference_minimum: int = 32
    rare_polygons: int = 4
    size_bias: float = 1.0
    tiles_without_reference: tuple[str, ...] = ()
    local_tile: int = 0
    faults: int = 1
    sensors: tuple[str, ...] = ("sentinel2",)
    dem: bool = False

    def __post_init__(self) -> None:
        faults = _faults(self)
        if faults:
            raise ValueError("dials of the simulated scene:\n" + "\n".join(f"- {fault}" for fault in faults))

    @property
    def year_seed(self) -> int | str:
        """What weather and seasons are drawn from."""
        return f"{self.seed}, {self.years_on} years on" if self.years_on else self.seed

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Dials:
        """Inverse of `to_dict`; keys left out keep their defaults.

        Raises
        ------
        ValueError
            If there is a key that is not a dial.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(data) - known)
        if unknown:
            raise ValueError(f"no such dial: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return cls(**values)


def small(**changes: Any) -> Dials:
    """Dials of a scene for tests: four tiles of 56 pixels, eight acquisitions, small parcels.

    Parameters
    ----------
    **changes
        Dials to set otherwise.
    """
    values: dict[str, Any] = {
        "size": 56,
        "overlap": 8,
        "acquisitions": 8,
        "parcel_pixels": 36,
        "reference_minimum": 8,
        "always_flagged": 2,
    }
    return Dials(**{**values, **changes})


def _faults(dials: Dials) -> list[str]:
    """Everything that is wrong with the dials, one sentence each."""
    faults = []
    shares = (
        "cloud_fraction mask_miss mask_overcall edge_share parcel_effect spatial_effect label_noise "
        "reference_share crop_change"
    )
    for name in shares.split():
        if not 0 <= getattr(dials, name) <= 1:
            faults.append(f"{name}: a share is between 0 and 1, found {getattr(dials, name)}")
    not_negative = (
        "double_days gap_start gap_days always_flagged mixed_border sensor_noise class_effect shift "
        "reference_minimum rare_polygons size_bias faults local_tile years_on"
    )
    for name in not_negative.split():
        if getattr(dials, name) < 0:
            faults.append(f"{name}: must not be negative, found {getattr(dials, name)}")
    if not dials.tiles or len(set(dials.tiles)) != len(dials.tiles):
        faults.append(f"tiles: at least one name and each once, found {list(dials.tiles)}")
    if dials.size < 16 or dials.size % 2:
        faults.append(f"size: an even number of pixels from 16 on, found {dials.size}")
    if dials.overlap < 0 or dials.overlap % 2 or 2 * dials.overlap >= dials.size:
        faults.append(f"overlap: an even number of pixels below half of the size, found {dials.overlap}")
    if dials.acquisitions < 1 or dials.acquisitions > 365 - dials.gap_days:
        faults.append(
            f"acquisitions: 1 to {365 - dials.gap_days} (days outside the gap), found {dials.acquisitions}"
        )
    if dials.gap_start + dials.gap_days > 360:
        faults.append(
            f"gap_start, gap_days: the gap must end by day 360, found {dials.gap_start} + {dials.gap_days}"
        )
    if dials.parcel_pixels < 16:
        faults.append(f"parcel_pixels: at least 16, found {dials.parcel_pixels}")
    if dials.spatial_range <= 0:
        faults.append(f"spatial_range: must be greater than 0, found {dials.spatial_range}")
    if dials.local_tile >= len(dials.tiles):
        faults.append(f"local_tile: a position in tiles, below {len(dials.tiles)}, found {dials.local_tile}")
    strange = sorted(set(dials.sensors) - set(SENSORS))
    if strange or not dials.sensors:
        faults.append(f"sensors: at least one of {', '.join(SENSORS)}, found {', '.join(strange) or 'none'}")
    for sensor in sorted(set(dials.sensors) & set(TILE_NAMES)):
        misnamed = [tile for tile in dials.tiles if not re.fullmatch(TILE_NAMES[sensor], tile)]
        if misnamed:
            faults.append(
                f"tiles: {sensor} needs names like {TILE_NAMES[sensor]}, found {', '.join(misnamed)}"
            )
    on_own_pixels = [sensor for sensor in dials.sensors if sensor.startswith(("landsat", "hls"))]
    if dials.second_crs and on_own_pixels:
        faults.append(f"second_crs: found {dials.second_crs}, but not for {', '.join(on_own_pixels)}")
    unknown = sorted(set(dials.tiles_without_reference) - set(dials.tiles))
    if unknown:
        faults.append(f"tiles_without_reference: not in tiles: {', '.join(unknown)}")
    return faults
