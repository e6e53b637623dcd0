from snakemake.utils import min_version

from tilefold.plan.snapshot import open_plan

min_version("9.12")

plan = open_plan(workflow, config)


pathvars:
    results=plan.config.results,
    logs=f"{plan.config.results}/logs",
    benchmarks=f"{plan.config.results}/benchmarks",


include: "rules/common.smk"
include: "rules/preprocess.smk"
include: "rules/external_features.smk"
include: "rules/ground_truth.smk"
include: "rules/regions.smk"
include: "rules/folds.smk"
include: "rules/sampling.smk"
include: "rules/training.smk"
include: "rules/selection.smk"
include: "rules/classification.smk"
include: "rules/merge.smk"
include: "rules/validation.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    input:
        rules.maps.input,
        rules.report.input,
