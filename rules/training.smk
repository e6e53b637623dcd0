# One network for each run, region and candidate.


rule train_candidate:
    input:
        samples=rules.assemble_samples.output.samples,
        statistics=rules.assemble_samples.output.statistics,
        rates=rules.select_samples.output.rates,
    output:
        weights="<results>/runs/{fold}/seed_{seed}/region_{region}/candidates/{candidate}/weights.safetensors",
        history="<results>/runs/{fold}/seed_{seed}/region_{region}/candidates/{candidate}/history.csv",
        class_scores="<results>/runs/{fold}/seed_{seed}/region_{region}/candidates/{candidate}/class_scores.csv",
        confusion="<results>/runs/{fold}/seed_{seed}/region_{region}/candidates/{candidate}/confusion.csv",
        loss=report(
            "<results>/runs/{fold}/seed_{seed}/region_{region}/candidates/{candidate}/loss.png",
            category="Training",
            subcategory="{fold}, seed {seed}",
            labels={
                "candidate": "{candidate}",
                "region": "{region}",
                "figure": "loss",
            },
            caption="../docs/captions/loss.rst",
        ),
        confusion_metrics=report(
            "<results>/runs/{fold}/seed_{seed}/region_{region}/candidates/{candidate}/confusion_metrics.png",
            category="Training",
            subcategory="{fold}, seed {seed}",
            labels={
                "candidate": "{candidate}",
                "region": "{region}",
                "figure": "scores",
            },
            caption="../docs/captions/confusion_metrics.rst",
        ),
        class_fscores=report(
            "<results>/runs/{fold}/seed_{seed}/region_{region}/candidates/{candidate}/class_fscores.png",
            category="Training",
            subcategory="{fold}, seed {seed}",
            labels={
                "candidate": "{candidate}",
                "region": "{region}",
                "figure": "classes",
            },
            caption="../docs/captions/class_fscores.rst",
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
