# What all stages share: the wildcards' values, and the binding of rules to the plan.
from functools import partial

from tilefold.plan.binding import bind_settings
from tilefold.plan.chunking import tile_chunks
from tilefold.plan.map_settings import blended_codes
from tilefold.plan.patterns import one_of

settings = partial(bind_settings, plan)
# Input of the jobs that ask which block a pixel lies in.
fold_blocks = ["<results>/folds/blocks.gpkg"] if plan.fold_kind == "blocks" else []

# What pixels are classified by: nothing without regions, filled rasters where the nearest region counts, weights
# where regions change smoothly.
nearest = plan.fallback == "nearest"
region_rasters = [
    "<results>/regions/{tile}_filled.tif" if nearest else "<results>/regions/{tile}.tif"
]
if plan.config.regions.blend_m:
    region_rasters = ["<results>/regions/{tile}_weights.tif"]
region_rasters = region_rasters if plan.region_names else []
region_neighbours = ["<results>/regions/neighbours.csv"] if nearest else []

# Which models predict with bfloat16, where that is to be found out.
precisions = (
    ["<results>/runs/{fold}/seed_{seed}/precision.csv"]
    if plan.config.classification.precision == "auto"
    else []
)

# Models of this project, or of another.
trained = plan.config.models.source or "<results>"
model_files = f"{trained}/{plan.model_file('{fold}', '{seed}', '{region}')}"


def of_site_tile(paths):
    """Function that gives the paths of the tile that a site lies in."""
    return lambda wildcards: expand(
        paths,
        tile=plan.sites[wildcards.site]["tile"],
        sensor=plan.config.sensors,
    )


# Scripts see the checked configuration, with its defaults and with {data} filled in.
config.update(plan.config.model_dump(mode="json"))


wildcard_constraints:
    tile=one_of(plan.tiles),
    sensor="|".join(plan.config.series),
    seed="|".join(str(seed) for seed in plan.config.split.seeds),
    fold=one_of(run.fold for run in plan.runs),
    region="|".join(plan.regions),
    candidate="|".join(plan.candidates),
    chunk=r"\d+",
    level=r"\d+",
    product="|".join([*plan.tile_products, "dissimilarity"]),
    site="|".join(plan.sites) or "none",
    method="|".join(plan.config.fusion.methods) or "none",
