"""Classifiers fitted without the patient in question: an oracle is found, noise is not."""

import numpy as np
import pytest

from medssl.analysis.left_out import CLASSIFIERS, certainties
from medssl.errors import UserError

PATIENTS, CROPS = 8, 12


def crops(classes=2, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=PATIENTS * CROPS)
    owners = tuple(f"p{number // CROPS}" for number in range(len(labels)))
    return rng, labels, owners


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_features_that_contain_the_answer_give_it(classifier):
    rng, labels, owners = crops(classes=3)
    values = np.eye(3)[labels] + 0.1 * rng.standard_normal((len(labels), 3))
    found = certainties(values, labels, owners, classifier)
    assert (found.argmax(1) == labels).all()
    np.testing.assert_allclose(found.sum(1), 1)


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_noise_is_at_chance(classifier):
    rng, labels, owners = crops()
    right = [
        (certainties(rng.standard_normal((96, 20)), labels, owners, classifier).argmax(1) == labels)
        for _ in range(10)
    ]
    assert 0.42 < np.mean(right) < 0.58


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_what_only_marks_the_patient_says_nothing_of_a_patients_class(classifier):
    """Two patients of each class with features of their own: folds over crops would reach 1."""
    labels = np.repeat([0, 0, 1, 1, 0, 1, 0, 1], CROPS)
    owners = tuple(f"p{number}" for number in range(PATIENTS) for _ in range(CROPS))
    values = np.repeat(np.eye(PATIENTS), CROPS, axis=0)
    found = certainties(values, labels, owners, classifier)
    assert (found.argmax(1) == labels).mean() <= 0.5


def test_neighbours_count_a_rare_class_as_much_as_a_frequent_one():
    rng = np.random.default_rng(0)
    labels = np.tile([0] * 9 + [1] * 3, PATIENTS)
    owners = tuple(f"p{number // CROPS}" for number in range(len(labels)))
    found = certainties(rng.standard_normal((96, 4)), labels, owners, "kNN")
    assert 0.25 < found.argmax(1).mean() < 0.75


def test_a_class_of_one_patient_is_refused():
    labels = np.array([0, 1, 0, 0])
    with pytest.raises(UserError, match="class 1 in one patient"):
        certainties(np.zeros((4, 1)), labels, ("a", "b", "c", "c"), "linear")
