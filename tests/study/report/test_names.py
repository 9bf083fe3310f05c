"""Short names of a study are explained from its plan."""

from medssl.study.report.names import names_of

from ..made_up import made_up


def test_every_start_and_task_is_explained_and_variants_by_what_sets_them_apart():
    plan = made_up("table3", "table5").plan
    rows = {name: (kind, words) for name, kind, words in names_of(plan).rows}
    assert set(rows) == {c.start for c in plan.cells} | set(plan.tasks)
    assert rows["scratch"] == ("start", "random weights, no pretraining")
    assert rows["rkbp"] == ("start", "pretrain_rubiks_cube_plus")
    assert rows["rot"] == ("start", "pretrain_rotation")
    assert rows["rot48"] == ("start", "pretrain_rotation, crop_size [48, 48, 48]")
    assert rows["ncs"] == ("task", "lung_nodule_ct_segmentation, metric dice")
    assert rows["msd"][1] == "metric dice"  # of no run
