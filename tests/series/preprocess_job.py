"""Settings of a preprocess job as the plan makes them, for tests."""

from tilefold.sensors.listing import list_products


def job_settings(root, tile, definition, grid, calendar, **changes):
    """All products of a tile, filled by lines; what is given in `changes` stands instead."""
    return {
        "tile": tile,
        "sensor": "s",
        "grid": grid.to_dict(),
        "calendar": calendar,
        "products": [product.to_dict() for product in list_products(root, tile, definition)],
        "definition": definition,
        "method": "linear",
        "method_parameters": {},
        "on_bad_acquisition": "stop",
        "refused": [],
        "code": "abc",
        **changes,
    }
