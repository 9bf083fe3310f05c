"""Fixed subsets of candidates and balanced epochs."""

import numpy as np
import pytest

from medssl.crops.candidate_table import balanced_epoch, fixed_subset
from medssl.errors import UserError

LABELS = np.array([1.0] * 1400 + [0.0] * 50000)


@pytest.mark.parametrize("ratio", [0.01, 0.025, 0.05, 0.075, 0.1])
@pytest.mark.parametrize("count", [5000, 10000, 15000])
def test_subset_has_the_size_and_ratio(ratio, count):
    rows = fixed_subset(LABELS, ratio, count, seed=1)
    assert len(set(rows.tolist())) == len(rows) == count
    positives = int(LABELS[rows].sum())
    assert positives == round(count * ratio / (1 + ratio))
    assert abs(positives / (count - positives) - ratio) < 1e-3
    assert set(rows) < set(fixed_subset(LABELS, ratio, count + 50, seed=1))
    assert set(rows) != set(fixed_subset(LABELS, ratio, count, seed=2))


def test_every_candidate_is_equally_likely_in_a_subset():
    labels = np.array([1.0] * 10 + [0.0] * 40)
    hits = np.zeros(50)
    for seed in range(1500):
        hits[fixed_subset(labels, 0.25, 25, seed)] += 1  # 5 of 10 and 20 of 40
    assert np.abs(hits / 1500 - 0.5).max() < 4.5 * 0.5 / 1500**0.5


def test_balanced_epochs_hold_all_positives_and_other_negatives_each_time():
    labels = (np.arange(300) % 10 == 0).astype(float)
    epochs = [balanced_epoch(labels, 3, epoch) for epoch in range(200)]
    hits = np.zeros(300)
    for rows in epochs:
        assert len(set(rows.tolist())) == len(rows) == 60
        assert labels[rows].sum() == 30
        hits[rows] += 1
    assert (hits[labels == 1] == 200).all()
    rate = 30 / 270  # each negative in each epoch
    assert np.abs(hits[labels == 0] / 200 - rate).max() < 4.5 * (rate * (1 - rate) / 200) ** 0.5
    np.testing.assert_array_equal(epochs[7], balanced_epoch(labels, 3, 7))
    assert set(balanced_epoch(labels, 4, 7)) != set(epochs[7])


def test_few_negatives_are_repeated():
    rows = balanced_epoch(np.array([1.0] * 6 + [0.0] * 2), 0, 0)
    assert sorted(rows.tolist())[:6] == list(range(6))
    assert len(rows) == 12


# The cells of the study's grid that ask for more than the 721 positives of LUNA16's training folds.
ASKED = {(0.075, 15000): 1047, (0.1, 10000): 909, (0.1, 15000): 1364}
ASKED |= {(0.15, 10000): 1304, (0.15, 15000): 1957}


@pytest.mark.parametrize(("ratio", "count"), ASKED)
def test_too_few_positives_are_repeated_evenly_and_counted(ratio, count, warned):
    labels = np.array([1.0] * 721 + [0.0] * 20000)
    rows = fixed_subset(labels, ratio, count, seed=1)
    assert len(rows) == count
    copies = np.bincount(rows)[:721]
    assert copies.sum() == ASKED[ratio, count]
    assert copies.max() - copies.min() <= 1
    assert np.bincount(rows)[721:].max() == 1
    copied = f"{ASKED[ratio, count] - 721} of {ASKED[ratio, count]} positives are copies"
    assert copied in warned[0]
    smaller = np.bincount(fixed_subset(labels, ratio, count - 100, seed=1), minlength=len(labels))
    assert (smaller <= np.bincount(rows, minlength=len(labels))).all()


def test_repetition_can_be_refused():
    labels = np.array([1.0] * 721 + [0.0] * 20000)
    with pytest.raises(UserError, match="needs 909 positive candidates, there are 721"):
        fixed_subset(labels, 0.1, 10000, 1, repeat_positives=False)
    with pytest.raises(UserError, match="positive candidates, there are 0"):
        fixed_subset(labels[721:], 0.1, 10000, 1)
