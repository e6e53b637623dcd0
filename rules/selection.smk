# The candidate that each run and region uses, and the precision that it predicts with.


rule select_model:
    input:
        weights=expand(
            rules.train_candidate.output.weights,
            candidate=plan.candidates,
            allow_missing=True,
        ),
    output:
        model="<results>/runs/{fold}/seed_{seed}/region_{region}/model.safetensors",
        described="<results>/runs/{fold}/seed_{seed}/region_{region}/model.json",
        choice=report(
            "<results>/runs/{fold}/seed_{seed}/region_{region}/model_choice.csv",
            category="Training",
            subcategory="{fold}, seed {seed}",
            labels={"candidate": "choice", "region": "{region}"},
            caption="../docs/captions/model_choice.rst",
        ),
    log:
        "<logs>/select_model/{fold}/seed_{seed}/region_{region}.log",
    benchmark:
        "<benchmarks>/select_model/{fold}/seed_{seed}/region_{region}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        settings=settings("select_model"),
    message:
        "Choosing the model of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/select_model.py"


rule compare_precisions:
    input:
        models=expand(
            rules.select_model.output.model, region=plan.regions, allow_missing=True
        ),
        samples=expand(
            rules.assemble_samples.output.samples,
            region=plan.regions,
            allow_missing=True,
        ),
    output:
        compared="<results>/runs/{fold}/seed_{seed}/precision.csv",
    log:
        "<logs>/compare_precisions/{fold}/seed_{seed}.log",
    benchmark:
        "<benchmarks>/compare_precisions/{fold}/seed_{seed}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: plan.config.classification.compute_threads
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0 if plan.config.classification.device == "cpu" else 1,
    params:
        settings=settings("compare_precisions"),
    message:
        "Comparing labels in bfloat16 of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/compare_precisions.py"


rule models:
    input:
        [
            f"<results>/runs/{run.fold}/seed_{run.seed}/region_{region}/model.safetensors"
            for run in plan.runs
            for region in plan.regions
        ],
