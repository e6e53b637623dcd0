"""Classes of the simulated scenes: codes, labels and colours of the study, and how each of them looks.

A place is described by a few numbers (`LATENTS`); its reflectances are linear in them (see `decoder`). A
class has a mean in these numbers and a covariance around it. Classes overlap as they do in real series:
summer crops with each other, cereals with rapeseed and grassland, orchards with woods, towns with bare rock.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: What comes and goes at a place: `growth` (sowing, growth and mowing, as green cover) and `drying` (rain, tillage
#: and straw, see `decoder.DRYING`), in standard deviations of what passes within about a month, once for each
#: twelfth of the year, and of what comes twice a year, as where two crops follow each other, in two phases.
PASSING = {"growth": 0.11, "drying": 1.2}
TWICE = {"growth": 0.12, "drying": 0.7}
TWELFTHS = tuple(f"_{number}" for number in range(1, 13))
PHASES = ("_twice", "_twice_later")
_COMING = {
    name + part: deviation
    for parts, deviations in ((TWELFTHS, PASSING), (PHASES, TWICE))
    for name, deviation in deviations.items()
    for part in parts
}
#: What describes a place. Green cover (0 to 1) all the year, in spring, in high summer, over the whole season
#: and in winter; brightness of the ground; water in the canopy; leaf structure; yellow flowers; what an
#: earlier or later season adds to the three curves (in days times green cover); and what comes and goes.
LATENTS = (
    "green",
    "spring",
    "summer",
    "season",
    "winter",
    "brightness",
    "wetness",
    "structure",
    "flowers",
    "later_spring",
    "later_summer",
    "later_season",
    *_COMING,
)
#: What varies at random within a class, and its standard deviation; `timing` in days. It is the same for all
#: classes but for their `spread`: where covariances differ, much of the best rule's success comes from their
#: fine details, which nobody can learn from a few hundred polygons.
EFFECTS = {
    "green": 0.08,
    "spring": 0.06,
    "summer": 0.06,
    "season": 0.05,
    "winter": 0.08,
    "brightness": 0.54,
    "wetness": 0.20,
    "structure": 0.60,
    "flowers": 0.19,
    "timing": 3.0,
    **_COMING,
}
#: Green cover in each curve that an early or late season shifts.
SHIFTED_COVER = 0.35


@dataclass(frozen=True)
class ClassLook:
    """One class.

    Attributes
    ----------
    code, label, colour
        As in the study's nomenclature.
    share
        Share of the parcels.
    means
        Means of latents, in the order green, spring, summer, season, winter, brightness, wetness,
        structure, flowers.
    spread
        Factor on the standard deviations of all effects.
    """

    code: int
    label: str
    colour: tuple[int, int, int]
    share: float
    means: tuple[float, ...]
    spread: float = 1.0

    def mean(self) -> NDArray[np.float64]:
        """Mean of the latents, (latents,)."""
        return np.array([*self.means, *np.zeros(len(LATENTS) - len(self.means))])

    def effects(self) -> NDArray[np.float64]:
        """What one unit of each standard normal effect adds to the latents, (latents, effects).

        A season that is `timing` days late shifts the green curves; to first order that adds a curve's slope
        in time, times days, times green cover.
        """
        matrix = np.zeros((len(LATENTS), len(EFFECTS)))
        for column, (name, deviation) in enumerate(EFFECTS.items()):
            if name == "timing":
                for curve in ("spring", "summer", "season"):
                    matrix[LATENTS.index(f"later_{curve}"), column] = deviation * SHIFTED_COVER
            else:
                matrix[LATENTS.index(name), column] = deviation
        return self.spread * matrix


#: The class that exists in one tile only, and the rare one.
LOCAL_CODE = 15
RARE_CODE = 20
WATER_CODE = 23
#: What is sown anew each year.
CROP_CODES = (5, 6, 8, 9, 10)

# Columns of the means: green spring summer season winter brightness wetness structure flowers.
CLASSES = (
    ClassLook(2, "discontinuous urban fabric", (255, 85, 255), 0.035, (0.20, 0.06, 0.02, 0.06, 0.00, 1.3, -0.6, -1.4, 0.0), 1.1),
    ClassLook(5, "rapeseed", (255, 255, 0), 0.040, (0.10, 0.56, 0.00, 0.00, 0.30, 0.2, 0.2, 0.2, 0.8)),
    ClassLook(6, "straw cereals", (208, 255, 0), 0.410, (0.10, 0.72, 0.00, 0.00, 0.10, 0.3, 0.0, 0.0, 0.0)),
    ClassLook(8, "soy", (255, 171, 68), 0.040, (0.08, 0.04, 0.58, 0.00, 0.02, 0.3, 0.1, 0.9, 0.0)),
    ClassLook(9, "sunflower", (214, 214, 0), 0.110, (0.08, 0.10, 0.38, 0.00, 0.02, 0.7, -0.3, -0.2, 0.1)),
    ClassLook(10, "corn", (255, 85, 0), 0.090, (0.08, 0.00, 0.74, 0.00, 0.00, 0.1, 0.3, -0.2, 0.0)),
    ClassLook(13, "grasslands", (170, 170, 0), 0.140, (0.28, 0.42, 0.06, 0.10, 0.10, 0.2, 0.0, 0.0, 0.0)),
    ClassLook(14, "orchards", (170, 170, 255), 0.025, (0.24, 0.16, 0.08, 0.36, 0.05, 0.5, 0.0, 0.3, 0.1)),
    ClassLook(15, "vineyards", (85, 0, 0), 0.020, (0.14, 0.08, 0.18, 0.20, 0.04, 1.2, -0.3, -0.2, 0.0)),
    ClassLook(16, "broad-leaved forest", (0, 156, 0), 0.050, (0.20, 0.12, 0.00, 0.56, 0.00, 0.0, 0.4, 0.2, 0.0)),
    ClassLook(17, "coniferous forest", (0, 50, 0), 0.025, (0.42, 0.00, 0.00, 0.14, 0.08, -0.1, 0.6, -0.9, 0.0)),
    ClassLook(20, "natural mineral surfaces", (255, 0, 0), 0.005, (0.06, 0.04, 0.02, 0.02, 0.00, 2.6, -0.5, -0.4, 0.0)),
    ClassLook(23, "water bodies", (0, 0, 255), 0.030, (0.20, 0.27, 0.02, 0.11, 0.00, -0.4, 3.6, -4.2, 0.0), 0.6),
)  # fmt: skip
CODES = tuple(look.code for look in CLASSES)


def shares() -> NDArray[np.float64]:
    """Share of the parcels of each class, adding up to 1."""
    share = np.array([look.share for look in CLASSES])
    return share / share.sum()


def land_shares() -> NDArray[np.float64]:
    """Share of the land's parcels of each class, adding up to 1."""
    share = shares() * (np.array(CODES) != WATER_CODE)
    return share / share.sum()


def means(class_effect: float) -> NDArray[np.float64]:
    """Mean latents of each class minus their mean over the land, (classes, latents), times `class_effect`."""
    matrix = np.stack([look.mean() for look in CLASSES])
    return class_effect * (matrix - land_shares() @ matrix)


def effect_matrices() -> NDArray[np.float64]:
    """Effects of each class, (classes, latents, effects)."""
    return np.stack([look.effects() for look in CLASSES])
