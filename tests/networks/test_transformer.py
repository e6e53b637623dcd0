import torch

from tilefold.networks.self_attention import SimpleSelfAttentionClassifier
from tilefold.networks.transformer import TransformerEncoder

INFORMATION = {"s2": {"nb_components": 13, "nb_dates": 45}}, {"s2": {"doy": list(range(1, 360, 8))}}


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_weights():
    layer = 4 * 64 * 65 + 2 * 64 * 128 + 128 + 64 + 4 * 64
    assert count(TransformerEncoder(9, *INFORMATION)) == 14 * 64 + 5 * layer + 2 * 64 + 65 * 9
    attention = SimpleSelfAttentionClassifier(9, *INFORMATION)
    assert count(attention) == 14 * 64 + 4 * 64 * 65 + 2 * 64 + 65 * 9


def test_layers_are_torchs():
    torch.manual_seed(0)
    network = TransformerEncoder(9, *INFORMATION, layers=1, d_model=8, d_inner=16)
    (ours,) = network.encoders[0].layers.eval()
    theirs = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    names = {
        "self_attn.in_proj_": "attention.queries_keys_values.",
        "self_attn.out_proj.": "attention.output.",
        "linear1.": "perceptron.0.",
        "linear2.": "perceptron.3.",
        "norm1.": "attention_norm.",
        "norm2.": "perceptron_norm.",
    }
    given = ours.state_dict()
    theirs.load_state_dict(
        {start + end: given[own + end] for start, own in names.items() for end in ("weight", "bias")}
    )
    x = torch.randn(4, 7, 8)
    torch.testing.assert_close(ours(x), theirs(x))
