"""Folds: everybody is tested once, by patient, the same every time, labels spread."""

import hashlib
import json
from collections import Counter

import pytest

from medssl.errors import UserError
from medssl.store.folds import assign_fold, check_folds, fold_patients

SHARES = (0.7, 0.1, 0.2)


def names(count):
    return [f"patient {i}" for i in range(count)]


def test_everybody_is_tested_once_and_every_split_is_filled():
    for count, folds in ((3, 3), (4, 2), (7, 3), (9, 5), (23, 5)):
        for seed in range(20):
            assigned = fold_patients(names(count), folds, SHARES, seed)
            assert len(assigned) == folds
            tests = Counter(p for fold in assigned for p in fold if fold[p] == "test")
            assert tests == Counter(names(count))
            sizes = {list(fold.values()).count("test") for fold in assigned}
            assert max(sizes) - min(sizes) <= 1
            for fold in assigned:
                assert set(fold) == set(names(count))
                assert set(fold.values()) == {"training", "validation", "test"}


def test_the_same_folds_every_time():
    first = fold_patients(names(9), 3, SHARES, 0)
    assert fold_patients([*reversed(names(9)), *names(4)], 3, SHARES, 0) == first
    assert fold_patients(names(9), 3, SHARES, 1) != first


def test_labelled_patients_are_spread():
    for seed in range(30):
        labelled = names(40)[:9]
        for fold in fold_patients(names(40), 3, SHARES, seed, labelled):
            counts = Counter(fold[name] for name in labelled)
            assert counts["test"] == 3
            assert counts["validation"] >= 1
            assert counts["training"] >= 4


def test_without_classes_folds_are_those_of_earlier_versions():
    drawn = [
        fold_patients(names(count), folds, SHARES, seed, names(count)[: count // 3])
        for count, folds in ((4, 2), (10, 5), (40, 5))
        for seed in range(5)
    ]
    text = json.dumps(drawn, sort_keys=True).encode()
    assert hashlib.sha256(text).hexdigest().startswith("2b6f2d7deed970be")


def test_each_class_is_in_every_part_of_every_fold():
    """Six patients of forty have the rare class; dealt blindly, three of ten folds test none."""
    classes = {name: {"rare" if n < 6 else "usual"} for n, name in enumerate(names(40))}
    for seed in range(20):
        for fold in fold_patients(names(50), 3, SHARES, seed, names(50)[30:], classes):
            counts = Counter((split, *classes.get(name, ())) for name, split in fold.items())
            assert counts["test", "rare"] == 2
            assert counts["test", "usual"] in (11, 12)
            assert counts["validation", "rare"] == 1
            assert counts["validation", "usual"] in (2, 3)
            assert counts["validation",] >= 1
            assert counts["training", "rare"] == 3


@pytest.mark.parametrize("with_class", [range(30), range(6, 30), range(3, 30), range(5, 12)])
@pytest.mark.parametrize("folds", [3, 5])
def test_a_table_of_classes_leaves_label_maps_in_every_part_of_every_fold(with_class, folds):
    """Six of thirty have label maps; by class alone, 199 of 200 draws lacked one somewhere."""
    classes = {f"patient {n}": {"ab"[n % 3 == 0]} for n in with_class}
    for seed in range(30):
        drawn = fold_patients(names(30), folds, SHARES, seed, names(30)[:6], classes)
        for fold in drawn:
            assert {fold[name] for name in names(30)[:6]} == {"training", "validation", "test"}
        tests = [sum(fold[name] == "test" for name in fold) for fold in drawn]
        assert max(tests) - min(tests) <= 1


def test_folds_of_the_publisher_validate_on_each_class():
    tested = [names(10)[:5], names(10)[5:]]
    classes = {name: {"b" if n % 5 < 2 else "a"} for n, name in enumerate(names(10))}
    for number in range(2):
        fold = assign_fold(number, tested[number], names(10), SHARES, 0, (), classes)
        assert {name for name in fold if fold[name] == "test"} == set(tested[number])
        assert sorted(min(classes[n]) for n in fold if fold[n] == "validation") == ["a", "b"]


def test_validation_takes_its_share_of_the_rest():
    for fold in fold_patients(names(100), 5, (0.6, 0.2, 0.2), 0):
        assert Counter(fold.values()) == {"test": 20, "validation": 20, "training": 60}
    for fold in fold_patients(names(4), 2, (0.8, 0, 0.2), 0):
        assert Counter(fold.values()) == {"test": 2, "training": 2}


@pytest.mark.parametrize(("count", "folds"), [(2, 2), (3, 2), (3, 4), (0, 2)])
def test_too_few_patients(count, folds):
    with pytest.raises(UserError, match=rf"folds: {count} patient.*{folds} folds"):
        fold_patients(names(count), folds, SHARES, 0)


@pytest.mark.parametrize("bad", [1, 0, -2, 2.5, True, "5", None])
def test_bad_number_of_folds(bad):
    with pytest.raises(UserError, match=r"folds: .*2 or more"):
        check_folds(bad)
