"""Classes are spread as evenly as whole patients allow, and none is left out in vain."""

from collections import Counter

import pytest

from medssl.store.splits import patient_hash
from medssl.store.strata import strata, stratify

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


def test_strata_are_of_the_same_classes():
    classes = {"p1": {"a"}, "p2": ["a", "a"], "p3": {"b", "a"}, "p4": {"b"}}
    assert strata([*classes, "none"], classes) == [{"p1", "p2"}, {"p3"}, {"p4"}, {"none"}]
    assert strata(["x"], {}) == [{"x"}]
