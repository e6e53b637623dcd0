"""What the network buys: its scores beside those of the baselines."""

from __future__ import annotations

import pandas as pd

from tilefold.report.table import Link, Table, number, side_words, signed, starts

NETWORK = "network"
METRICS = {"oa": "OA", "mean_f1_common": "mean F1 common"}


def baseline_table(baselines: pd.DataFrame, link: Link) -> Table:
    """Scores of each model on every side, and what the network has more than the best baseline.

    Parameters
    ----------
    baselines
        Table of `summarise_baselines`.
    link
        Its file.
    """
    models = list(dict.fromkeys(baselines["model"]))
    others = [name for name in models if name != NETWORK]
    keys = ["fold", "seed", "side"]
    order = baselines.loc[baselines["model"] == NETWORK, keys].to_records(index=False).tolist()
    scores = baselines.set_index([*keys, "model"])
    rows = []
    for key in order:
        row = [str(key[0]), str(key[1]), side_words(key[2])]
        for metric in METRICS:
            found = {name: float(scores.loc[(*key, name), metric]) for name in models}
            best = max(found[name] for name in others)
            row += [*(number(found[name]) for name in models), signed(found[NETWORK] - best)]
        rows.append(row)
    columns = ["fold", "seed", "side"]
    for title in METRICS.values():
        first, *rest = [name.replace("_", " ") for name in models]
        columns += [f"{title}: {first}", *rest, "network minus best"]
    caption = (
        "What the network buys: the same pixels predicted by a random forest of 100 trees on the same samples, and "
        "by the class with most samples, whichever are configured."
    )
    return Table(caption, columns, rows, [link], (0, 2), starts([row[0] for row in rows]))
