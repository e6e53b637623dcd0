"""Where the parts of a simulated scene lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ScenePaths:
    """Where the parts of a scene lie.

    Attributes
    ----------
    home
        Folder of the scene.
    reference
        GeoPackage, layer `reference`, class field `code`.
    nomenclature
        CSV with columns code, label, colour (#rrggbb).
    truth
        Folder with one GeoTIFF of true codes a tile (uint8) and `truth.json`.
    dem
        Folder with one elevation raster a tile (float32, metres), or None.
    """

    home: Path
    reference: Path
    nomenclature: Path
    truth: Path
    dem: Path | None

    def products(self, sensor: str) -> Path:
        """Folder of a sensor, with one folder a tile."""
        return self.home / sensor

    def truth_map(self, tile: str) -> Path:
        """True classes of a tile."""
        return self.truth / f"{tile}.tif"

    @property
    def truth_json(self) -> Path:
        """What is known of the scene: dials, best possible accuracy, shares, counts of faults."""
        return self.truth / "truth.json"


def scene_paths(folder: Path | str, *, dem: bool = False) -> ScenePaths:
    """Paths of a scene in a folder, whether it is there or not."""
    home = Path(folder)
    return ScenePaths(
        home,
        home / "reference.gpkg",
        home / "nomenclature.csv",
        home / "truth",
        home / "dem" if dem else None,
    )
