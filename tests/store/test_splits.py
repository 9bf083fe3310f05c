"""Splits are by patient, repeatable, stable when patients are added, and never empty by chance."""

import hashlib
import json
from collections import Counter

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.store.splits import SPLITS, check_fractions, split_patients

SHARES = (0.7, 0.1, 0.2)


def names(count):
    return [f"patient {i}" for i in range(count)]


def test_order_and_repetition_do_not_matter():
    patients = names(50)
    expected = split_patients(patients, SHARES, 0)
    shuffled = np.random.default_rng(0).permutation(patients * 3).tolist()
    assert split_patients(shuffled, SHARES, 0) == expected
    assert split_patients(patients, SHARES, 1) != expected


def test_shares_are_met_in_large_sets():
    chosen = list(split_patients(names(4000), SHARES, 3).values())
    for split, share in zip(SPLITS, SHARES):
        sd = (share * (1 - share) / 4000) ** 0.5
        assert abs(chosen.count(split) / 4000 - share) < 4 * sd


@pytest.mark.parametrize("shares", [SHARES, (0.5, 0.25, 0.25), (0.98, 0.01, 0.01), (0.6, 0.4, 0)])
def test_every_split_with_a_share_has_a_patient(shares):
    wanted = {split for split, share in zip(SPLITS, shares) if share}
    for seed in range(100):
        for count in (3, 4, 5, 10):
            assert set(split_patients(names(count), shares, seed).values()) == wanted


def test_few_patients_fill_training_first():
    for seed in range(30):
        assert set(split_patients(["a"], SHARES, seed).values()) == {"training"}
        assert set(split_patients(["a", "b"], SHARES, seed).values()) == {"training", "validation"}
    assert split_patients([], SHARES, 0) == {}


def test_added_patients_move_nobody():
    """Without an empty split to fill, everybody stays; otherwise at most two are borrowed."""
    for seed in range(50):
        before = split_patients(names(40), SHARES, seed)
        after = split_patients(names(60), SHARES, seed)
        moved = [patient for patient in before if before[patient] != after[patient]]
        assert len(moved) <= 2
    full = split_patients(names(300), SHARES, 0)
    more = split_patients(names(600), SHARES, 0)
    assert {patient: more[patient] for patient in full} == full


@pytest.mark.parametrize("bad", [(1, 0), (0.5, 0.4, 0.2), (1.2, -0.1, -0.1), (0, 0.5, 0.5), 1, "x"])
def test_bad_fractions(bad):
    with pytest.raises(UserError, match="fractions"):
        check_fractions(bad)


def test_labelled_patients_reach_every_split():
    """Three labelled of thirty used to be in training alone in a third of the cases."""
    for seed in range(60):
        labelled = names(30)[:3]
        chosen = split_patients(names(30), SHARES, seed, labelled)
        assert {chosen[name] for name in labelled} == set(SPLITS)
        before = split_patients(names(30), SHARES, seed)
        assert {name for name in chosen if chosen[name] != before[name]} <= set(names(30))
        assert sum(chosen[name] != before[name] for name in chosen) <= 3


def test_labels_of_all_or_none_move_nobody():
    for seed in range(60):
        for count in (1, 2, 3, 6, 12):
            plain = split_patients(names(count), SHARES, seed)
            assert split_patients(names(count), SHARES, seed, names(count)) == plain


def test_no_split_is_emptied_for_a_label():
    for seed in range(100):
        for count in (3, 4, 6):
            chosen = split_patients(names(count), SHARES, seed, names(count)[:1])
            assert set(chosen.values()) == set(SPLITS)
            assert chosen["patient 0"] == "training"


def test_without_classes_the_split_is_that_of_earlier_versions():
    """Whoever prepares the same scans again, and has no table, finds everybody where they were."""
    drawn = [
        split_patients(names(count), SHARES, seed, names(count)[: count // 3])
        for count in (3, 10, 40, 200)
        for seed in range(5)
    ]
    text = json.dumps(drawn, sort_keys=True).encode()
    assert hashlib.sha256(text).hexdigest().startswith("e67d5606a5970e50")


def test_every_split_has_its_share_of_each_class_and_the_others_stay():
    """A tenth of forty with a rare class: by chance validation lacks it in most cases."""
    classes = {name: {"rare" if n < 4 else "usual"} for n, name in enumerate(names(40))}
    for seed in range(20):
        chosen = split_patients(names(60), SHARES, seed, classes, classes)
        there = Counter(
            (split, *classes[name]) for name, split in chosen.items() if name in classes
        )
        assert [there[split, "usual"] for split in SPLITS] == pytest.approx([25.2, 3.6, 7.2], abs=1)
        assert {split for split in SPLITS if there[split, "rare"]} == set(SPLITS)
        alone = split_patients(names(60)[40:], SHARES, seed)
        moved = [name for name in alone if alone[name] != chosen[name]]
        assert len(moved) <= 2  # whom a split of the twenty alone had to borrow


@pytest.mark.parametrize("with_class", [range(30), range(6, 30), range(3, 30), range(5, 12)])
def test_a_table_of_classes_leaves_label_maps_in_every_split(with_class):
    """Six of thirty have label maps; a class alone is none. Without it 134 to 139 of 200 lacked."""
    classes = {f"patient {n}": {"ab"[n % 3 == 0]} for n in with_class}
    for seed in range(100):
        chosen = split_patients(names(30), SHARES, seed, names(30)[:6], classes)
        assert {chosen[name] for name in names(30)[:6]} == set(SPLITS)
        for one in "ab":
            there = {chosen[name] for name in classes if one in classes[name]}
            assert len(there) == min(3, sum(one in held for held in classes.values()))
