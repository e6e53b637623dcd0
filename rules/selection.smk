# The candidate that each run and region uses.


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


rule models:
    input:
        [
            f"<results>/runs/{run.fold}/seed_{run.seed}/region_{region}/model.safetensors"
            for run in plan.runs
            for region in plan.regions
        ],
