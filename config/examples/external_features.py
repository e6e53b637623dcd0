"""Examples of external features for a Sentinel-2 series; see docs/own_data.md.

In the configuration:

    external_features:
      module: config/examples/external_features.py
      functions:
        - red_edge_slope
        - {name: greenness_rise, parameters: {smallest: 0.05}}
        - season
        - times_seen
        - {name: smoothed_nir, parameters: {radius: 1}}
      margin: 1
"""

import numpy as np

from tilefold.series.labels import I2Label, I2TemporalLabel


def red_edge_slope(self):
    """One more component at each date of Sentinel-2: its own dates, so the result joins the sensor's tensor."""
    slope = self.get_interpolated_Sentinel2_B6() - self.get_interpolated_Sentinel2_B5()
    labels = [I2TemporalLabel("Sentinel2", "slope", date) for date in self.interpolated_dates["Sentinel2"]]
    return slope, labels


def greenness_rise(self, smallest=0.0):
    """Rise of NDVI from each date to the next: other dates than the sensor's, so an input of its own, with dates."""
    red, nir = self.get_interpolated_Sentinel2_B4(), self.get_interpolated_Sentinel2_B8()
    rise = np.diff((nir - red) / np.maximum(nir + red, 1), axis=2)
    dates = self.get_interpolated_dates()["Sentinel2"][1:]
    rise[np.abs(rise) < smallest] = 0
    return rise, [I2TemporalLabel("rise", "ndvi", date) for date in dates]


def season(self):
    """Least and greatest near infrared of the year: without dates, so an input (batch, 2)."""
    nir = self.get_interpolated_Sentinel2_B8()
    return np.stack([nir.min(axis=2), nir.max(axis=2)], axis=2), [
        I2Label("season", "least"),
        I2Label("season", "greatest"),
    ]


def times_seen(self):
    """Share of the acquisitions on which a pixel was clear, from the masks: 0 where it was."""
    masks = self.get_raw_Sentinel2_masks()
    acquired = np.maximum((masks != 2).sum(axis=2), 1)
    return ((masks == 0).sum(axis=2) / acquired)[:, :, None], [I2Label("season", "seen")]


def smoothed_nir(self, radius=1):
    """Mean near infrared of the neighbours, which `margin` has to reach; edges of the tile are repeated."""
    nir = self.get_interpolated_Sentinel2_B8().mean(axis=2)
    size = 2 * radius + 1
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(nir, radius, mode="edge"), (size, size))
    return windows.mean(axis=(2, 3))[:, :, None], [I2Label("season", "smoothed")]
