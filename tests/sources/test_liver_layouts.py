"""Both layouts of the liver's scans give the same numbered files."""

import json

import pytest

from medssl.errors import UserError
from medssl.sources.liver_layouts import LAYOUTS


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def decathlon(folder, numbers, listed=None, name="Liver"):
    entries = []
    for number in numbers:
        entry = {
            kind: f"./{place}/liver_{number}.nii.gz"
            for kind, place in (("image", "imagesTr"), ("label", "labelsTr"))
        }
        entries.append(entry)
        for path in entry.values():
            touch(folder / path)
    content = {"name": name, "training": entries if listed is None else listed}
    (folder / "dataset.json").write_text(json.dumps(content))


def test_the_decathlon_is_read_by_its_list_and_what_is_not_there_is_left_out(tmp_path):
    decathlon(tmp_path / "Task03_Liver", [0, 12, 7])
    (tmp_path / "Task03_Liver" / "labelsTr" / "liver_7.nii.gz").unlink()
    touch(tmp_path / "Task03_Liver" / "imagesTr" / "liver_99.nii.gz")
    called, images, labels = LAYOUTS["msd_liver"](tmp_path)
    assert called == "msd_liver"
    assert sorted(images) == [0, 7, 12]
    assert sorted(labels) == [0, 12]
    assert images[12].name == "imagesTr/liver_12.nii.gz"


def test_another_data_set_in_the_same_layout_keeps_its_name(tmp_path):
    decathlon(tmp_path, [1], name="phantom")
    assert LAYOUTS["msd_liver"](tmp_path)[0] == "phantom"


def test_the_challenge_is_read_wherever_its_batches_lie(tmp_path):
    for name in ("b1/volume-0.nii", "b2/volume-10.nii", "b2/segmentation-10.nii", "other-3.nii"):
        touch(tmp_path / name)
    called, images, labels = LAYOUTS["lits"](tmp_path)
    assert (called, sorted(images), sorted(labels)) == ("lits", [0, 10], [10])
    touch(tmp_path / "copy" / "volume-0.nii.gz")
    with pytest.raises(UserError, match="have the same number; remove one of them"):
        LAYOUTS["lits"](tmp_path)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"training": [{"image": "a"}]}', '{"training": 3}']
)
def test_a_list_that_is_none_is_named(content, tmp_path):
    (tmp_path / "dataset.json").write_text(content)
    with pytest.raises(UserError, match=r"dataset\.json: expected a list 'training'"):
        LAYOUTS["msd_liver"](tmp_path)


def test_a_folder_without_either_is_named(tmp_path):
    for data_set, message in (("msd_liver", "no dataset.json"), ("lits", r"no volume-N\.nii")):
        with pytest.raises(UserError, match=message):
            LAYOUTS[data_set](tmp_path)
