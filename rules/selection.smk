# The candidate that each run and region uses, and the precision that it predicts with.

# The model that predicts is the scaled one where temperatures are fitted.
scales = plan.config.training.temperature_scaling
chosen_name, scaled_name = (
    ("unscaled_model", "model") if scales else ("model", "scaled_model")
)


rule select_model:
    input:
        weights=expand(
            rules.train_candidate.output.weights,
            candidate=plan.candidates,
            allow_missing=True,
        ),
    output:
        model=f"<results>/runs/{{fold}}/seed_{{seed}}/region_{{region}}/{chosen_name}.safetensors",
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


rule scale_temperature:
    input:
        model=rules.select_model.output.model,
        samples=rules.assemble_samples.output.samples,
    output:
        model=f"<results>/runs/{{fold}}/seed_{{seed}}/region_{{region}}/{scaled_name}.safetensors",
        temperature="<results>/runs/{fold}/seed_{seed}/region_{region}/temperature.csv",
    log:
        "<logs>/scale_temperature/{fold}/seed_{seed}/region_{region}.log",
    benchmark:
        "<benchmarks>/scale_temperature/{fold}/seed_{seed}/region_{region}.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: plan.config.classification.compute_threads
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=0 if plan.config.classification.device == "cpu" else 1,
    params:
        settings=settings("scale_temperature"),
    message:
        "Fitting the temperature of {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/scale_temperature.py"


# The model that predicts.
run_model = "<results>/runs/{fold}/seed_{seed}/region_{region}/model.safetensors"


rule compare_precisions:
    input:
        models=expand(run_model, region=plan.regions, allow_missing=True),
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
