"""A family knows what the mean of seeds has an interval above 0 on, and nothing else."""

import json

from features_families import families, known


def answers(**low):
    none = {"over_untrained": [0.1, -0.1, 0.2]}
    each = {name: {"over_untrained": [0.1, value, 0.2]} for name, value in low.items()}
    return {name: {"linear": own, "kNN": none} for name, own in each.items()}


def test_a_question_counts_where_an_interval_lies_above_0():
    found = known(answers(region=0.01, height=-0.01, thickness=0.05, liver=0.05, nodule=0.02))
    assert found == ["region", "nodule"]


def test_methods_stand_with_their_families_and_one_of_two_with_both(tmp_path):
    together = {
        "pretrain_pcrl": {"answers": answers(nodule=0.01)},
        "pretrain_byol": {"answers": answers(nodule=-0.01)},
    }
    knows = {"knows": {"answers": answers(part=0.01, end=0.02)}}
    means = {"again jigsaw": knows, "ae long": knows, "again rotation": {}}
    (tmp_path / "trials.json").write_text(json.dumps({"means": means}))
    assert families(together, tmp_path / "trials.json").splitlines() == [
        "- **predictive**: jigsaw: part, end of the hippocampus",
        "- **contrastive**: pcrl: nodule",
        "- **generative**: pcrl: nodule",
    ]
