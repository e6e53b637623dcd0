"""Names of the networks and where their classes are: plain data, nothing is imported."""

from __future__ import annotations

#: Name in the configuration (`training.dl_name`) to the path of the class.
NETWORKS: dict[str, str] = {
    "MLPClassifier": "tilefold.networks.mlp.MLPClassifier",
    "ANN": "tilefold.networks.ann.ANN",
    "SimpleSelfAttentionClassifier": "tilefold.networks.self_attention.SimpleSelfAttentionClassifier",
    "LTAEClassifier": "tilefold.networks.ltae.LTAEClassifier",
    "TempCNN": "tilefold.networks.temp_cnn.TempCNN",
    "ResNet1D": "tilefold.networks.resnet.ResNet1D",
    "TransformerEncoder": "tilefold.networks.transformer.TransformerEncoder",
}

#: Other names under which a network is known.
ALIASES: dict[str, str] = {
    "MLP": "MLPClassifier",
    "LTAE": "LTAEClassifier",
}

#: Networks that have nothing to work on without an input with dates.
NEED_DATES: frozenset[str] = frozenset(NETWORKS) - {"MLPClassifier", "ANN"}
