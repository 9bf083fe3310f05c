"""Questions are asked of the crops that can answer them, and an oracle answers all."""

import numpy as np
import pytest

from features_asked import described
from features_page import TITLES
from features_questions import ASKED, questions

from .features_samples import all_crops


@pytest.fixture(scope="module")
def crops():
    return all_crops()


def test_every_question_is_asked_of_the_crops_that_answer_it(crops):
    asked = questions(crops)
    assert list(asked) == list(ASKED) == list(TITLES)
    assert described(asked["region"]) == {
        "measure": "balanced accuracy",
        "chance": 0.3333,
        "patients": 7,
        "classes": {
            "abdomen": {"crops": 24, "patients": 2},
            "chest": {"crops": 36, "patients": 3},
            "tumour_sts": {"crops": 24, "patients": 2},
        },
    }
    assert {crops[row].region for row in asked["height"].rows} == {"chest", "abdomen"}
    # 3 mm is the only one of its class: the limbs, all of 3.27 mm, are not asked about.
    assert asked["thickness"].classes == ("up to 2 mm", "over 4 mm")
    liver = described(asked["liver"])
    assert [liver["patients"], *(each["patients"] for each in liver["classes"].values())] == [1] * 3
    assert asked["liver"].one_patient
    assert len(set(asked["liver"].patients)) == 3
    assert not asked["tumour"].one_patient


def test_a_question_of_one_class_is_not_asked(crops):
    assert "region" not in questions(
        [c for c in crops if c.region != "abdomen" and c.on is False][:6]
    )


@pytest.mark.parametrize("classifier", ["linear", "kNN"])
def test_an_oracle_answers_everything(crops, classifier):
    for name, question in questions(crops).items():
        values = np.zeros((len(crops), 4), np.float32)
        values[question.rows, question.labels] = 1
        tally = question.tally(values, classifier)
        assert tally[..., 0].sum() == tally[..., 1].sum() > 0, name
