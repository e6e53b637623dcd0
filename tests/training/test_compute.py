import pytest
import torch

from tilefold.training.compute import derived_seed, generator, pick_device, reproducible


def test_seeds_differ_by_seed_purpose_and_epoch():
    seeds = {
        derived_seed(seed, purpose, epoch) for seed in range(3) for purpose in "ab" for epoch in range(3)
    }
    assert len(seeds) == 18
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert derived_seed(0, "weights") == 664910812957149500  # sha256sum of "0/weights/0"


def test_generators_are_repeatable():
    assert torch.equal(
        torch.randperm(9, generator=generator(1, "a", 2)), torch.randperm(9, generator=generator(1, "a", 2))
    )


def test_devices():
    assert pick_device("cpu").type == "cpu"
    assert pick_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(ValueError, match="found 'tpu', expected auto, cpu or cuda"):
        pick_device("tpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_missing_gpu_is_said():
    with pytest.raises(ValueError, match="torch finds no GPU"):
        pick_device("cuda")


def test_surroundings_are_restored():
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with reproducible(3, torch.device("cpu")):
        assert torch.get_num_threads() == 3
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before


def test_a_gpu_gets_deterministic_algorithms():
    before = torch.are_deterministic_algorithms_enabled()
    with reproducible(1, torch.device("cuda")):
        assert torch.are_deterministic_algorithms_enabled()
    assert torch.are_deterministic_algorithms_enabled() == before
