"""What the controller says of the data that it found."""

from __future__ import annotations

from tilefold.plan.grouping import listed
from tilefold.plan.plan import Plan
from tilefold.plan.tiles import left_out_text, tiles_on_disk


def data_lines(plan: Plan) -> list[str]:
    """One line on the tiles and the folders that are none, one on each sensor.

    Folders are spoken of only where the configuration leaves the choice of tiles to them.
    """
    config = plan.config
    if plan.table is not None:
        return [f"table of samples: {len(plan.tiles)} tile(s): {listed(plan.tiles)}", *_table_lines(plan)]
    left_out: dict[str, str] = {}
    if config.tiles.train is None or config.tiles.map is None:
        _, left_out = tiles_on_disk(config, list(config.sensors))
    lines = [f"{len(plan.tiles)} tile(s): {listed(plan.tiles)}{left_out_text(left_out)}"]
    if plan.region_names:
        lines.append(f"{len(plan.region_names)} region(s): {listed(plan.region_names)}")
    for sensor in config.sensors:
        found = [plan.products[tile][sensor] for tile in plan.tiles]
        counts = [len(products) for products in found]
        days = [product["date"] for products in found for product in products]
        many = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
        lines.append(
            f"{sensor}: {many} products a tile, {min(days)} to {max(days)}; {len(plan.calendars[sensor])} dates in "
            "the series"
        )
    return lines


def _table_lines(plan: Plan) -> list[str]:
    return [
        f"{sensor}: {len(dates)} dates in the table, {dates[0]} to {dates[-1]}"
        for sensor, dates in plan.calendars.items()
    ]
