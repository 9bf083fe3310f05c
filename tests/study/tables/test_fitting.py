"""What no table could be made of is told before it is run; the studies of the project pass."""

import pytest

from medssl.errors import UserError
from medssl.study.tables.fitting import check_tables

from ..made_up import made_up

BLOCK = {"start": ["scratch", "mg"], "task": ["ncs"]}


@pytest.mark.parametrize("file", ["study.yaml", "smoke.yaml", "hippocampus.yaml"])
def test_the_projects_own_studies_pass(file):
    names = ("labels", "frozen")
    others = ("table3", "fig2", "fig4", "table7", "fig8", "fig12", "appendix_table2", "table4")
    store = made_up(*names, *(() if file == "hippocampus.yaml" else others), file=file, seeds=(0,))
    check_tables(store.plan, file)


@pytest.mark.parametrize(
    ("experiment", "block", "message"),
    [
        ("fig8", {}, "Figure 8.*: experiment fig8: no scheme, which this table tells its runs"),
        ("labels", {}, "Fewer labels: experiment labels: no label_fraction"),
        (
            "labels",
            {"label_fraction": [0.5, 1], "augmentation": ["none", "strong"]},
            "experiment labels: scratch has several runs of seed 0, by augmentation",
        ),
        ("table3", {"learning_rate": [0.1, 0.01]}, "several runs of seed 0, by learning_rate"),
        ("fig12", {"scheme": "full"}, "no augmentation"),
    ],
)
def test_what_a_table_cannot_show_is_refused(experiment, block, message):
    plan = made_up(seeds=(0,), without=lambda run: True, **{experiment: BLOCK | block}).plan
    with pytest.raises(UserError, match=f"mine.yaml: .*{message}"):
        check_tables(plan, "mine.yaml")


def test_ones_own_names_may_have_any_levels():
    own = BLOCK | {"learning_rate": [0.1, 0.01], "augmentation": ["none", "strong"]}
    check_tables(made_up(seeds=(0,), without=lambda run: True, mine=own).plan, "mine.yaml")
