import pytest
import torch

from tilefold.networks.attention import SelfAttention


@pytest.mark.parametrize("heads", [1, 4])
def test_it_is_torchs_attention(heads):
    torch.manual_seed(0)
    ours = SelfAttention(8, heads, 0.0)
    theirs = torch.nn.MultiheadAttention(8, heads, batch_first=True)
    with torch.no_grad():
        ours.queries_keys_values.bias.normal_()
        theirs.in_proj_weight.copy_(ours.queries_keys_values.weight)
        theirs.in_proj_bias.copy_(ours.queries_keys_values.bias)
        theirs.out_proj.weight.copy_(ours.output.weight)
        theirs.out_proj.bias.copy_(ours.output.bias)
    x = torch.randn(5, 7, 8)
    torch.testing.assert_close(ours(x), theirs(x, x, x)[0])
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
