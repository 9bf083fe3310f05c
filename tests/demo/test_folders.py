"""No two things of the demo lie in one place."""

from medssl.demo.folders import ARMS, SEEDS, Folders


def test_every_run_and_every_folder_of_data_has_a_place_of_its_own(tmp_path):
    folders = Folders(tmp_path)
    tasks = [folders.task(arm, seed) for arm in ARMS for seed in SEEDS]
    places = [folders.raw, folders.labelled, folders.pretraining, *tasks]
    assert len(set(places)) == len(places) == 3 + len(ARMS) * len(SEEDS)
    assert {place.parent for place in places} == {tmp_path}
