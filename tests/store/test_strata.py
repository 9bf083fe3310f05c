"""Classes are spread as evenly as whole patients allow, and none is left out in vain."""

from collections import Counter

import numpy as np
import pytest

from medssl.store.splits import patient_hash
from medssl.store.strata import deal, stratify

SHARES = (0.7, 0.1, 0.2)


def order(names, seed):
    return sorted(names, key=lambda name: patient_hash(name, seed, "split"))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shares", [SHARES, (0.5, 0.25, 0.25), (0.8, 0.0, 0.2), (0.25,) * 4])
def test_each_place_has_its_share_of_each_class(seed, shares):
    """Within one patient of the exact share, where no class must be stretched to every place."""
    sizes = {"benign": 60, "grave": 20, "rare": 12}
    classes = {f"{name}{n}": [name] for name, size in sizes.items() for n in range(size)}
    found = stratify(order(classes, seed), classes, shares)
    assert found.keys() == classes.keys()
    for name, size in sizes.items():
        counts = Counter(found[patient] for patient in classes if classes[patient] == [name])
        assert all(abs(counts[n] - share * size) <= 1 for n, share in enumerate(shares))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_a_rare_class_reaches_every_place_that_it_can(count):
    for seed in range(20):
        classes = {f"a{n}": {"a"} for n in range(30)} | {f"b{n}": {"b"} for n in range(count)}
        found = stratify(order(classes, seed), classes, SHARES)
        there = {found[name] for name in classes if name.startswith("b")}
        assert there == set(range(3)[:count])


def test_patients_of_several_classes_count_for_each():
    for seed in range(20):
        classes = {f"p{n}": {"a"} if n % 2 else {"a", "b"} for n in range(20)}
        classes |= {f"q{n}": {"b", "c"} for n in range(6)}
        found = stratify(order(classes, seed), classes, SHARES)
        for name in "abc":
            assert {found[p] for p in classes if name in classes[p]} == {0, 1, 2}
        assert Counter(found.values()).most_common() == [(0, 18), (2, 5), (1, 3)]


def test_every_place_has_label_maps_and_each_class_where_there_are_enough():
    """Scans of one class, some of them with a label map, by chance in training alone."""
    for seed in range(50):
        classes = {f"p{n}": {"ab"[n % 3 == 0]} for n in range(30)}
        labelled = {f"p{n}" for n in range(0, 30, 5)}
        found = deal(order(classes, seed), classes, labelled, SHARES)
        assert sorted(Counter(found[name] for name in labelled).items()) == [(0, 4), (1, 1), (2, 1)]
        for name in "ab":
            assert {found[p] for p in classes if name in classes[p]} == {0, 1, 2}


@pytest.mark.parametrize("shares", [SHARES, (0.8, 0.2), (0.7, 0.0, 0.3), (0.25,) * 4])
def test_label_maps_reach_every_place_whatever_the_classes(shares):
    places = [place for place, share in enumerate(shares) if share]
    for seed in range(300):
        random = np.random.default_rng(seed)
        names = [f"p{n}" for n in range(random.integers(4, 14))]
        classes = {n: set(random.choice([*"abcd"], random.integers(1, 4))) for n in names}
        labelled = set(random.choice(names, random.integers(0, len(names)), replace=False).tolist())
        found = deal(names, classes, labelled, shares)
        there = {found[name] for name in labelled}
        assert there >= set(places[: len(labelled)])
        assert found.keys() == set(names)
