# One network for each run, region and candidate.


rule train_candidate:
    input:
        samples=rules.assemble_samples.output.samples,
        statistics=rules.assemble_samples.output.statistics,
    output:
        weights="<results>/runs/{fold}/seed_{seed}/region_{region}/candidates/{candidate}/weights.safetensors",
        history="<results>/runs/{fold}/seed_{seed}/region_{region}/candidates/{candidate}/history.csv",
        curves=report(
            "<results>/runs/{fold}/seed_{seed}/region_{region}/candidates/{candidate}/curves.png",
            category="Training",
            subcategory="{fold}, seed {seed}",
            labels={"candidate": "{candidate}", "region": "{region}"},
            caption="../docs/captions/curves.rst",
        ),
    log:
        "<logs>/train_candidate/{fold}/seed_{seed}/region_{region}/{candidate}.log",
    benchmark:
        "<benchmarks>/train_candidate/{fold}/seed_{seed}/region_{region}/{candidate}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: plan.config.training.compute_threads
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 720 * attempt,
        gpu=0 if plan.config.training.device == "cpu" else 1,
    params:
        settings=settings("train_candidate"),
    message:
        "Training {wildcards.candidate} of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/train_candidate.py"
