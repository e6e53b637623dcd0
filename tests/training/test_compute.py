import pytest
import torch

from tilefold.training import compute
from tilefold.training.compute import (
    derived_seed,
    fits,
    generator,
    is_compiled,
    pick_device,
    reproducible,
    uses_bf16,
)


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
    with pytest.raises(ValueError, match="found 'tpu', expected auto, cpu, cuda or cuda:<number>"):
        pick_device("tpu")


def test_a_job_without_a_gpu_says_so(monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    pick_device("auto")
    assert caplog.messages == ["computing on cpu: no GPU is visible"]
    caplog.clear()
    pick_device("cpu")
    assert caplog.messages == ["computing on cpu"]


def test_one_gpu_of_several(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(ValueError, match=r"cuda:2 is asked for, but torch finds 2 GPU"):
        pick_device("cuda:2")


def test_samples_are_kept_on_a_gpu_if_they_take_at_most_half_of_what_is_free(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _device: (1000, 8000))
    gpu = torch.device("cuda", 0)
    assert fits(500, gpu)
    assert not fits(501, gpu)
    assert fits(10**15, torch.device("cpu"))


def test_bf16_is_for_gpus_that_have_it(monkeypatch):
    cpu, gpu = torch.device("cpu"), torch.device("cuda", 0)
    for has in (True, False):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda has=has, **_: has)
        assert uses_bf16("auto", gpu) is has
        assert not uses_bf16("auto", cpu)
        assert not uses_bf16("fp32", gpu)
        assert uses_bf16("bf16", cpu)
    with pytest.raises(ValueError, match="found 'fp16', expected auto, fp32 or bf16"):
        uses_bf16("fp16", cpu)


def test_long_trainings_on_gpus_are_compiled_where_the_compiler_has_what_it_needs(monkeypatch):
    gpu, cpu = torch.device("cuda", 0), torch.device("cpu")
    monkeypatch.setattr(compute, "find_spec", lambda _: object())
    monkeypatch.setattr(compute.shutil, "which", lambda name: f"/bin/{name}")
    assert is_compiled("auto", gpu, 5000)
    assert not is_compiled("auto", gpu, 4999)
    assert not is_compiled("auto", cpu, 5000)
    assert is_compiled(True, cpu, 1)
    assert not is_compiled(False, gpu, 5000)
    monkeypatch.setattr(compute.shutil, "which", lambda _: None)
    assert not is_compiled("auto", gpu, 5000)
    monkeypatch.setattr(compute.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(compute, "find_spec", lambda _: None)
    assert not is_compiled("auto", gpu, 5000)


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
