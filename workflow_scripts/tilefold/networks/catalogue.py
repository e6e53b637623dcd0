"""Names of the networks and where their classes are: plain data, nothing is imported."""

from __future__ import annotations

#: Name in the configuration (`training.dl_name`) to the path of the class.
NETWORKS: dict[str, str] = {
    "MLPClassifier": "tilefold.networks.mlp.MLPClassifier",
}

#: Other names under which a network is known.
ALIASES: dict[str, str] = {
    "MLP": "MLPClassifier",
}
