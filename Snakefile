from snakemake.utils import min_version

from tilefold.plan.snapshot import open_plan

min_version("9.12")

plan = open_plan(workflow, config)


pathvars:
    results=plan.config.results,
    logs=f"{plan.config.results}/logs",
    benchmarks=f"{plan.config.results}/benchmarks",


include: "rules/common.smk"


# Pools and roles come from images and polygons, or from a table of samples.
if plan.table is None:

    include: "rules/preprocess.smk"
    include: "rules/external_features.smk"
    include: "rules/ground_truth.smk"
    include: "rules/regions.smk"
    include: "rules/folds.smk"
    include: "rules/pools.smk"

else:

    include: "rules/table.smk"


include: "rules/sampling.smk"
include: "rules/training.smk"
include: "rules/selection.smk"


if plan.table is None:

    include: "rules/classification.smk"
    include: "rules/merge.smk"
    include: "rules/description.smk"
    include: "rules/seams.smk"
    include: "rules/fusion.smk"
    include: "rules/regularisation.smk"
    include: "rules/maps.smk"


include: "rules/validation.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    input:
        rules.maps.input if plan.table is None else [],
        rules.report.input,
