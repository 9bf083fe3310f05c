"""Other settings at a number of labels, beside the label curve's; by the hippocampus's protocol."""

import pandas as pd
import pytest

from medssl.study.tables.settings import Setting, beside_labels
from medssl.study.tables.wording import counted

from ..made_up import made_up, table


def level(run):
    still = {"warmup": 0.05, "frozen": 0.2}.get(run.keys.get("scheme"), 0)
    bare = 0.3 * (run.keys.get("augmentation") == "none")
    part = 0.1 * (run.keys.get("transfer_parts") == ["encoder"])
    return 0.9 - still - bare - part


EXPERIMENTS = ("labels", "frozen", "handed_over", "scheme", "augmentation")
STORE = made_up(*EXPERIMENTS, file="hippocampus.yaml", level=level)


@pytest.mark.parametrize(
    ("experiment", "factors", "gap", "starts", "subjects"),
    [
        ("frozen", {"scheme": "frozen"}, -0.2, 10, (3,)),
        ("handed_over", {}, -0.1, 3, (1, 3)),
        ("scheme", {}, -0.05, 3, (1, 3)),
        ("augmentation", {}, -0.3, 4, (1, 3)),
    ],
)
def test_each_setting_is_compared_with_the_same_start(experiment, factors, gap, starts, subjects):
    found = table(beside_labels(Setting(experiment, factors))(STORE))
    assert len(found) == starts * 2 * len(subjects)
    for number in subjects:
        own = found.xs(f"parts dice, this setting, {counted(number, 'subject')}", level="column")
        assert own["difference"].tolist() == pytest.approx([gap] * starts)
        assert set(own["verdict"]) == {""}
        assert own["p"].isna().all() if "p" in own else True


def test_probes_are_all_that_a_study_without_frozen_encoders_shows():
    rows = beside_labels(Setting("frozen", {"scheme": "frozen"}))(made_up("frozen"))
    assert {row["column"].split(" ", 1)[1] for row in rows} == {
        "linear probe auc",
        "nearest neighbours auc",
    }


def test_a_level_that_the_label_curve_has_is_no_other_setting():
    """Asked as "none against strong", where strong is what the curve does anyway."""
    at = {"start": ["scratch", "mg"], "task": ["parts"], "label_fraction": 0.133}
    at |= {"crops_per_scan": 2, "max_epochs": 40, "val_interval": 5}
    both = {"augmentation": at | {"augmentation": ["none", "strong"]}}
    alone = {"augmentation": at | {"augmentation": "none"}}
    make = beside_labels(Setting("augmentation"))
    found, wanted = (
        table(make(made_up("labels", file="hippocampus.yaml", level=level, **own)))
        for own in (both, alone)
    )
    pd.testing.assert_frame_equal(found, wanted)
    own = found.xs("parts dice, this setting, 3 subjects", level="column")
    assert own["difference"].tolist() == pytest.approx([-0.3, -0.3])
