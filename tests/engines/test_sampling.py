"""The order of samples is a pure function of the seed and the position."""

import os
import weakref
from itertools import islice

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

from medssl.engines import EpochStream, stream_loader
from medssl.engines.sampling import _leave_signals_to_the_trainer
from medssl.errors import UserError
from medssl.random import fold
from medssl.signals import ASKED_TO_END


class Keys(Dataset):
    """Returns the key it was asked for."""

    def __len__(self) -> int:
        return 10

    def __getitem__(self, key):
        return torch.tensor(key)


def test_an_epoch_visits_every_sample_once_and_epochs_differ():
    stream = EpochStream(12, 3, seed=5)
    batches = list(islice(stream, 8))
    epochs = [[key for batch in batches[i : i + 4] for key in batch] for i in (0, 4)]
    for number, keys in enumerate(epochs):
        assert sorted(index for _, index in keys) == list(range(12))
        assert {epoch for epoch, _ in keys} == {number}
    assert [i for _, i in epochs[0]] != [i for _, i in epochs[1]]


def test_neighbours_stay_together_and_nothing_is_lost():
    stream = EpochStream(12, 6, seed=5, together=3)
    keys = [index for batch in islice(stream, 2) for _, index in batch]
    groups = [keys[i : i + 3] for i in range(0, 12, 3)]
    assert sorted(keys) == list(range(12)) != keys
    assert all(group == list(range(group[0], group[0] + 3)) for group in groups)
    for together in (5, "two"):
        with pytest.raises(UserError, match=f"together: {together}, expected a divisor"):
            EpochStream(12, 6, together=together)


def test_the_same_seed_gives_the_same_stream_and_another_does_not():
    first, again, other = (list(islice(EpochStream(12, 3, seed), 9)) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("start", range(9))
def test_a_resumed_stream_is_the_rest_of_the_whole_one(start):
    whole = list(islice(EpochStream(11, 3, 0), 12))
    stream = EpochStream(11, 3, 0)
    stream.start = start
    assert list(islice(stream, 12 - start)) == whole[start:]


def test_two_ranks_share_the_batch_of_one():
    joint = EpochStream(13, 6, 3)
    ranks = []
    for rank in (0, 1):
        stream = EpochStream(13, 3, 3)
        stream.rank, stream.ranks = rank, 2
        ranks.append(list(islice(stream, 5)))
    expected = list(islice(joint, 5))
    assert [a + b for a, b in zip(*ranks, strict=True)] == expected


@pytest.mark.parametrize("workers", [0, 2])
def test_the_loader_hands_the_keys_to_the_data_set(workers):
    loader = stream_loader(Keys(), 2, seed=0, num_workers=workers)
    assert len(loader) == 5
    seen = [tuple(key.tolist()) for batch in islice(loader, 7) for key in batch]
    assert seen == [key for batch in islice(EpochStream(10, 2, 0), 7) for key in batch]


def test_an_epoch_smaller_than_a_batch_is_the_batch(warned):
    stream = EpochStream(3, 16)
    assert len(stream) == 1
    assert [sorted(i for _, i in batch) for batch in islice(stream, 2)] == [[0, 1, 2]] * 2
    assert warned == ["batch_size: 3 instead of 16, an epoch has only 3 sample(s)"]


@pytest.mark.parametrize(("samples", "batch_size"), [(10, 0), (0, 2)])
def test_no_batch_is_refused(samples, batch_size):
    with pytest.raises(UserError, match=f"batch_size: {batch_size} x 1"):
        EpochStream(samples, batch_size)


class Chosen(Keys):
    """Visits four of its ten samples in an epoch."""

    def indices(self, epoch: int) -> np.ndarray:
        return (np.arange(4) + epoch) % 10


def test_the_data_set_may_choose_the_samples_of_an_epoch():
    loader = stream_loader(Chosen(), 2, seed=1)
    assert len(loader) == 2
    keys = [tuple(key.tolist()) for batch in islice(loader, 8) for key in batch]
    epochs = [keys[first : first + 4] for first in range(0, 16, 4)]
    for epoch, visited in enumerate(epochs):
        assert {number for number, _ in visited} == {epoch}
        assert sorted(index for _, index in visited) == [epoch, epoch + 1, epoch + 2, epoch + 3]
    orders = {tuple(index - epoch for epoch, index in visited) for visited in epochs}
    assert len(orders) > 1


def permutation(stream, epoch):
    """All samples of an epoch in their order, as slow and plain as can be."""
    generator = torch.Generator().manual_seed(fold(stream.seed, epoch, "order"))
    groups = torch.randperm(stream.num_samples // stream.together, generator=generator).tolist()
    order = [group * stream.together + k for group in groups for k in range(stream.together)]
    return order if stream.indices is None else stream.indices(epoch)[order].tolist()


@pytest.mark.parametrize("indices", [None, lambda epoch: np.arange(600) * 2 + epoch])
@pytest.mark.parametrize("together", [1, 4, 600])
@pytest.mark.parametrize("batch_size", [1, 7, 32])
def test_batches_cut_the_permutation(indices, together, batch_size):
    stream = EpochStream(600, batch_size, 3, indices, together)
    stream.start = 2
    batches = list(islice(stream, 2 * len(stream) - 2))
    for epoch in range(2):
        expected = permutation(stream, epoch)[: len(stream) * batch_size]
        keys = [key for batch in batches for key in batch if key[0] == epoch]
        assert keys == [(epoch, index) for index in expected][-len(keys) :]
    assert sum(map(len, batches)) == (2 * len(stream) - 2) * batch_size


def test_the_order_of_a_million_samples_takes_four_bytes_for_each_group():
    stream = EpochStream(1_000_000, 8, seed=2)
    assert stream.groups(1).nbytes == 4_000_000
    assert stream.groups(1).tolist() == permutation(stream, 1)
    assert EpochStream(1_000_000, 8, together=16).groups(0).nbytes == 250_000
    assert all(type(index) is int for _, index in next(iter(EpochStream(100, 8))))


def test_of_two_epochs_one_order_is_held_at_a_time(monkeypatch):
    held = []
    drawn = EpochStream.groups

    def groups(stream, epoch):
        held[:] = [order for order in held if order() is not None]
        found = drawn(stream, epoch)
        held.append(weakref.ref(found))
        assert len(held) == 1
        return found

    monkeypatch.setattr(EpochStream, "groups", groups)
    assert {epoch for batch in islice(EpochStream(12, 3), 12) for epoch, _ in batch} == {0, 1, 2}


def test_workers_leave_signals_to_the_trainer():
    """A terminal that is closed, Ctrl-C and batch systems reach them, too."""
    pid = os.fork()
    if not pid:
        _leave_signals_to_the_trainer(0)
        for each in ASKED_TO_END:
            os.kill(os.getpid(), each)
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
