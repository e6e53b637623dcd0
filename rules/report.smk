# The page that people look at.


map_figure = {
    "map_figure": report(
        "<results>/report/map.png",
        category="Maps",
        caption="../docs/captions/map_figure.rst",
    )
}


rule write_report:
    input:
        **{
            f"applicability_{name}": [
                f"<results>/applicability/seed_{seed}/{name}.csv"
                for seed in plan.measured_seeds
            ]
            for name in ("samples", "importance", "errors", "classes")
        },
        folds="<results>/summary/folds.csv",
        classes="<results>/summary/classes.csv",
        gaps="<results>/summary/gaps.csv",
        folds_mean="<results>/summary/folds_mean.csv",
        intervals="<results>/summary/intervals.csv",
        baselines=(
            "<results>/summary/baselines.csv"
            if plan.config.validation.baselines
            else []
        ),
        areas=area_tables,
        polygon_areas=polygon_area_tables,
        levels=level_tables,
        cleaning="<results>/ground_truth/cleaning.csv",
        split=expand(
            "<results>/split/seed_{seed}.parquet", seed=plan.config.split.seeds
        ),
        rates=[
            f"<results>/runs/{run.fold}/seed_{run.seed}/rates.csv" for run in plan.runs
        ],
        samples=[
            f"<results>/runs/{run.fold}/seed_{run.seed}/samples.csv"
            for run in plan.runs
        ],
        barred=[
            f"<results>/runs/{run.fold}/seed_{run.seed}/barred.csv"
            for run in plan.runs
        ],
        roles=[
            f"<results>/runs/{run.fold}/seed_{run.seed}/roles.parquet"
            for run in plan.runs
        ],
        candidates="<results>/summary/candidates.csv",
        choices=[
            f"<results>/runs/{run.fold}/seed_{run.seed}/region_{region}/model_choice.csv"
            for run in plan.runs
            for region in plan.regions
        ],
        histories=[
            f"<results>/runs/{run.fold}/seed_{run.seed}/region_{region}/candidates/{candidate}/history.csv"
            for run in plan.runs
            for region in plan.regions
            for candidate in plan.candidates
        ],
        temperatures=[
            f"<results>/runs/{run.fold}/seed_{run.seed}/region_{region}/temperature.csv"
            for run in plan.runs
            for region in plan.regions
            if plan.config.training.temperature_scaling
        ],
        matrices=[
            f"<results>/validation/{run.fold}/seed_{run.seed}/matrices"
            for run in plan.runs
        ],
        reliability=[
            f"<results>/validation/{run.fold}/seed_{run.seed}/reliability.csv"
            for run in plan.runs
        ],
        risk=[
            f"<results>/validation/{run.fold}/seed_{run.seed}/risk.csv"
            for run in plan.runs
        ],
        maps=[
            f"<results>/maps/{run.fold}/seed_{run.seed}/classification.tif"
            for run in plan.runs
            if run.map_tiles
        ],
        distances=[
            f"<results>/validation/{run.fold}/seed_{run.seed}/distances.csv"
            for run in plan.runs
            if run.held_out and plan.has_places
        ],
        seams=[f"<results>/maps/{name}/seams.csv" for name in plan.seam_runs],
        dissimilarity=[
            f"<results>/maps/all/seed_{seed}/dissimilarity.tif"
            for seed in plan.measured_seeds
        ],
        applicable=[
            f"<results>/maps/all/seed_{seed}/applicable.tif"
            for seed in plan.measured_seeds
        ],
        sites=site_table if plan.sites else [],
        site_maps=site_rasters if plan.sites else [],
        neighbours=[
            f"<results>/summary/neighbours/seed_{seed}.csv"
            for seed in plan.neighbour_seeds
        ],
        votes=[f"<results>/maps/{fold}/vote_entropy.csv" for fold in plan.voted_folds],
        vote_maps=[
            f"<results>/maps/{fold}/vote_entropy.tif" for fold in plan.voted_folds
        ],
        regularised=[
            f"<results>/validation/{name}/regularised.csv"
            for name in plan.regularised_runs
        ],
        fused=[f"<results>/validation/{fold}/fused.csv" for fold in plan.fused_folds],
        clear_dates=expand(
            "<results>/series/{tile}/{sensor}_clear.tif",
            tile=plan.tiles,
            sensor=plan.config.sensors,
        ),
        skipped=expand(
            "<results>/series/{tile}/{sensor}_skipped.csv",
            tile=plan.tiles,
            sensor=plan.config.sensors,
        ),
    output:
        **(map_figure if plan.mapped else {}),
        page=report(
            "<results>/report/index.html",
            category="Report",
            caption="../docs/captions/page.rst",
        ),
        fold_figure=report(
            "<results>/report/folds.png",
            category="Accuracy",
            caption="../docs/captions/fold_figure.rst",
        ),
        candidate_figures=[
            report(
                f"<results>/runs/{run.fold}/seed_{run.seed}/region_{region}/candidates.png",
                category="Training",
                subcategory=f"{run.fold}, seed {run.seed}",
                caption="../docs/captions/candidate_figures.rst",
            )
            for run in plan.runs
            for region in plan.regions
        ],
    log:
        "<logs>/write_report.log",
    benchmark:
        "<benchmarks>/write_report.tsv"
    conda:
        "../envs/tilefold.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=settings("write_report"),
    message:
        "Writing the report"
    script:
        "../workflow_scripts/write_report.py"


rule report:
    input:
        rules.write_report.output,
