"""Names of the networks and where their classes are: plain data, nothing is imported."""

from __future__ import annotations

#: Name in the configuration (`training.dl_name`) to the path of the class.
NETWORKS: dict[str, str] = {
    "MLPClassifier": "tilefold.networks.mlp.MLPClassifier",
    "ANN": "tilefold.networks.ann.ANN",
    "SimpleSelfAttentionClassifier": "tilefold.networks.attention.SimpleSelfAttentionClassifier",
    "LTAEClassifier": "tilefold.networks.ltae.LTAEClassifier",
    "TempCNN": "tilefold.networks.convolution.TempCNN",
    "ResNet1D": "tilefold.networks.convolution.ResNet1D",
    "TransformerEncoder": "tilefold.networks.attention.TransformerEncoder",
}

#: Other names under which a network is known.
ALIASES: dict[str, str] = {
    "MLP": "MLPClassifier",
    "LTAE": "LTAEClassifier",
}
