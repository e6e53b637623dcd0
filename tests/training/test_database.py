import json

import numpy as np
import pytest
import torch
from netCDF4 import Dataset

from tilefold.series.features import tensor
from tilefold.training.database import (
    BLOCK,
    LEARN,
    POOL_BLOCKS,
    VALIDATION,
    DatabaseError,
    batch_sizes,
    open_samples,
)

BOTH = pytest.mark.parametrize("mode", ["full", "stream"])


def number_samples(samples):
    """Elevations that number the samples, so that each is recognised in a batch."""
    numbers = np.arange(samples, dtype=np.float32)
    return {"dem": np.stack([numbers, numbers], axis=1)}


def numbers_of(batches):
    return torch.cat([batch.inputs["dem"][:, 0] for batch in batches]).numpy().astype(int)


@BOTH
def test_values_and_labels_belong_together(make_database, mode):
    path, _ = make_database(3000, **number_samples(3000))
    with Dataset(path) as dataset, open_samples(path, mode) as samples:
        dataset.set_auto_maskandscale(False)
        expected = tensor(dataset["sentinel2"][:], samples.inputs["sentinel2"])
        labels = dataset["label"][:]
        for batch in [*samples.learn_batches(700, 0, 1), *samples.validation_batches(100)]:
            rows = numbers_of([batch])
            np.testing.assert_array_equal(batch.inputs["sentinel2"].numpy(), expected[rows])
            np.testing.assert_array_equal(np.array(samples.classes)[batch.targets.numpy()], labels[rows])


@BOTH
def test_every_sample_once_in_batches_of_the_size(make_database, mode):
    path, _ = make_database(3000, **number_samples(3000))
    with Dataset(path) as dataset:
        role = dataset["role"][:]
    with open_samples(path, mode) as samples:
        learn = list(samples.learn_batches(512, 0, 1))
        assert [len(batch.targets) for batch in learn] == batch_sizes(2400, 512)
        np.testing.assert_array_equal(np.sort(numbers_of(learn)), np.flatnonzero(role == 0))
        validation = list(samples.validation_batches(512))
        np.testing.assert_array_equal(numbers_of(validation), np.flatnonzero(role == 1))
        assert samples.counts(LEARN).sum() == 2400
        assert samples.counts(VALIDATION).sum() == 600


@BOTH
def test_order_depends_on_seed_and_epoch_alone(make_database, mode):
    path, _ = make_database(3000, **number_samples(3000))

    def order(seed, epoch, batch_size=100):
        with open_samples(path, mode) as samples:
            return numbers_of(samples.learn_batches(batch_size, seed, epoch)).tolist()

    first = order(0, 1)
    assert order(0, 1) == first
    assert order(0, 1, batch_size=333) == first
    assert order(0, 2) != first
    assert order(1, 1) != first


def test_streaming_over_several_pools(make_database):
    number = BLOCK * (POOL_BLOCKS + 3) + 17
    path, _ = make_database(number, **number_samples(number))
    with open_samples(path, "stream") as samples:
        learn = list(samples.learn_batches(1000, 0, 1))
        found = numbers_of(learn)
        with Dataset(path) as dataset:
            np.testing.assert_array_equal(np.sort(found), np.flatnonzero(dataset["role"][:] == 0))
        assert [len(batch.targets) for batch in learn] == batch_sizes(len(found), 1000)
        # the first pool is drawn from all over the file, and shuffled within
        assert len(np.unique(found[:10000] // BLOCK)) == POOL_BLOCKS
        np.testing.assert_array_equal(
            numbers_of(samples.validation_batches(500)), np.arange(number)[_validation(path)]
        )


def test_the_number_of_readers_changes_neither_samples_nor_order(make_database):
    number = BLOCK * POOL_BLOCKS * 4
    path, _ = make_database(number, **number_samples(number))

    def order(workers):
        with open_samples(path, "stream", workers) as samples:
            return numbers_of(samples.learn_batches(1000, 0, 1)).tolist()

    first = order(1)
    assert order(0) == first
    assert order(3) == first


def _validation(path):
    with Dataset(path) as dataset:
        return np.asarray(dataset["role"][:]) == 1


def test_streaming_holds_no_more_than_two_pools(make_database, monkeypatch):
    number = BLOCK * POOL_BLOCKS * 4
    path, _ = make_database(number)
    with open_samples(path, "stream") as samples:
        read = []
        original = samples._read
        monkeypatch.setattr(
            samples, "_read", lambda group, role: read.append(len(group)) or original(group, role)
        )
        batches = samples.learn_batches(1000, 0, 1)
        next(batches)
        batches.close()
    assert max(read) == POOL_BLOCKS
    assert len(read) <= 3


@pytest.mark.parametrize(
    ("samples", "size", "expected"),
    [
        (10, 4, [4, 4, 2]),
        (9, 4, [4, 5]),
        (8, 4, [4, 4]),
        (1, 4, [1]),
        (3, 4, [3]),
        (3, 1, [1, 1, 1]),
        (0, 4, []),
    ],
)
def test_batch_sizes(samples, size, expected):
    assert batch_sizes(samples, size) == expected


def test_faults_are_named(make_database, tmp_path):
    path, _ = make_database(100)
    with (
        pytest.raises(DatabaseError, match="found 'quick', expected full or stream"),
        open_samples(path, "quick"),
    ):
        pass
    with Dataset(path, "a") as dataset:
        dataset["label"][3] = 5
    with pytest.raises(DatabaseError, match=r"labels \[5\] are not among the classes \[1, 3, 7, 9\]"):
        open_samples(path, "full").__enter__()
    with Dataset(path, "a") as dataset:
        dataset["label"][3] = 1
        inputs = json.loads(dataset.getncattr("inputs"))
        inputs["dem"]["bands"] = 3
        dataset.setncattr("inputs", json.dumps(inputs))
    with pytest.raises(DatabaseError, match=r"variable dem has shape \(100, 2\), expected \(100, 3\)"):
        open_samples(path, "stream").__enter__()
    empty = tmp_path / "empty.nc"
    Dataset(empty, "w").close()
    with pytest.raises(DatabaseError, match="not a sample database"):
        open_samples(empty, "full").__enter__()
