"""A metric that no evaluation has is told before anything runs, not on the report's page."""

import pytest
import yaml

from medssl.errors import UserError
from medssl.study.bundle_keys import configure
from medssl.study.catalogue import read_catalogue
from medssl.study.compared_by import compared_by
from medssl.study.settings import lay_over

from .studies import SMALL

SEGMENTED = ["dice", "dice_own_grid", "iou", "assd", "hd95"]


@pytest.mark.parametrize(
    ("bundle", "expected"),
    [
        ("liver_ct_segmentation", SEGMENTED),
        ("volume_segmentation", SEGMENTED),
        ("lung_nodule_ct_segmentation", ["dice", "iou", "miou", "miou_plus"]),
        ("lung_nodule_ct_classification", ["auc", "correct"]),
        ("volume_classification", ["auc", "correct"]),
    ],
)
def test_every_tasks_metrics_are_known(bundle, expected):
    assert compared_by(configure(bundle).evaluation) == expected


@pytest.mark.parametrize("validate", [None, "$x", {}, {"handlers": "@h"}, {"handlers": ["$h"]}])
def test_an_own_evaluation_that_does_not_tell_is_not_judged(validate):
    assert compared_by({"validate": validate}) == []


@pytest.mark.parametrize(("named", "known"), [(["iou"], False), (["dice", "own"], True)])
def test_what_a_task_s_own_evaluation_has_counts(named, known):
    handlers = configure("liver_ct_segmentation").evaluation["validate"]["handlers"]
    place = next(n for n, each in enumerate(handlers) if "CaseTables" in each["_target_"])
    changed = {"evaluate": {f"validate#handlers#{place}#metrics": named}}
    task = {"bundle": "liver_ct_segmentation", "metric": named[-1], **changed}
    settings = lay_over(yaml.safe_load(SMALL), {"tasks": {"ncs": task}})
    assert read_catalogue(settings, "study").tasks["ncs"].metric == named[-1]
    settings["tasks"]["ncs"]["metric"] = "dice"
    if known:
        assert read_catalogue(settings, "study").tasks["ncs"].metric == "dice"
    else:
        with pytest.raises(UserError, match=r"metric: dice: .*expected one of iou"):
            read_catalogue(settings, "study")


def test_a_misspelt_metric_is_refused_with_the_nearest():
    settings = lay_over(yaml.safe_load(SMALL), {"tasks": {"ncs": {"metric": "dise"}}})
    with pytest.raises(UserError, match=r"study: tasks: ncs: metric: dise: .*mean dice\?.*iou"):
        read_catalogue(settings, "study")
