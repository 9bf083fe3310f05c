"""What the paper does not ask is made where a study asks it."""

from medssl.study.tables.beyond import BEYOND

from ..made_up import made_up

HIPPOCAMPUS = made_up(
    *("labels", "frozen", "handed_over", "scheme", "augmentation"),
    file="hippocampus.yaml",
    without=lambda run: True,
)


def test_the_protocol_has_a_table_for_each_of_its_questions():
    own = {each.name for each in BEYOND if each.belongs_to(HIPPOCAMPUS.plan)}
    assert own == {each.name for each in BEYOND}
    assert {row["verdict"] for each in BEYOND for row in each.rows(HIPPOCAMPUS)} == {"not run"}


def test_the_papers_study_has_fewer_labels_and_probes():
    plan = made_up("labels", "frozen", seeds=(0,), without=lambda run: True).plan
    own = [each.name for each in BEYOND if each.belongs_to(plan)]
    assert own == ["label_curve", "frozen", "skills"]
