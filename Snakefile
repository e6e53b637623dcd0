from snakemake.utils import min_version

from tilefold.cluster.earlier_run import begin_run, end_run, mark_orphans
from tilefold.plan.snapshot import open_plan

min_version("9.12")

plan = open_plan(workflow, config)

if workflow.is_main_process:
    mark_orphans(plan.config.results)


onstart:
    begin_run(plan.config.results, log)


onsuccess:
    end_run(plan.config.results)


pathvars:
    results=plan.config.results,
    logs=f"{plan.config.results}/logs",
    benchmarks=f"{plan.config.results}/benchmarks",


include: "rules/common.smk"


# Pools and roles come from images and polygons, or from a table of samples; of no use with models of elsewhere.
if plan.table is None:

    include: "rules/preprocess.smk"
    include: "rules/external_features.smk"
    include: "rules/regions.smk"

    if plan.trains:

        include: "rules/ground_truth.smk"
        include: "rules/folds.smk"
        include: "rules/pools.smk"

else:

    include: "rules/table.smk"


if plan.trains:

    include: "rules/sampling.smk"
    include: "rules/training.smk"
    include: "rules/selection.smk"


if plan.table is None:

    include: "rules/classification.smk"
    include: "rules/merge.smk"
    include: "rules/description.smk"
    include: "rules/seams.smk"
    include: "rules/votes.smk"

    if plan.trains:

        include: "rules/fusion.smk"
        include: "rules/sites.smk"
        include: "rules/applicability.smk"
        include: "rules/neighbours.smk"
    include: "rules/regularisation.smk"
    include: "rules/vectors.smk"
    include: "rules/maps.smk"


if plan.trains:

    include: "rules/validation.smk"
    include: "rules/report.smk"


rule all:
    default_target: True
    input:
        rules.maps.input if plan.table is None else [],
        rules.report.input if plan.trains else [],
