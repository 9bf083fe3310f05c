"""LiTS and the Decathlon's liver task: cases, the paper's split, what may be wrong."""

import json
import shutil

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.phantom import prepare_phantom
from medssl.sources.liver import prepare_liver
from medssl.store import open_volume
from medssl.store.published import published_as
from medssl.store.splits import SPLITS

from ..scans import save_nifti, small_ct

NUMBERS = (0, 99, 100, 114, 115, 129, 130)
SPLIT_OF = {
    **dict.fromkeys((0, 99), "training"),
    **dict.fromkeys((100, 114), "validation"),
    **dict.fromkeys((115, 129), "test"),
    130: "unused",
}


def small_label(shape=(12, 10, 8)):
    label = np.zeros(shape, np.uint8)
    label[2:9, 2:8, 2:7] = 1
    label[4:6, 3:6, 3:5] = 2
    return label


def msd(folder, numbers=NUMBERS, labels=None):
    """Task03_Liver with one small scan for each number."""
    training = []
    for number in numbers:
        name = f"liver_{number}.nii.gz"
        save_nifti(folder / "imagesTr" / name, small_ct(seed=number))
        label = small_label() if labels is None else labels[number]
        save_nifti(folder / "labelsTr" / name, label)
        training.append({"image": f"./imagesTr/{name}", "label": f"./labelsTr/{name}"})
    save_nifti(folder / "imagesTs" / "liver_131.nii.gz", small_ct(seed=1))
    (folder / "dataset.json").write_text(json.dumps({"training": training}))
    return folder


def lits(folder, numbers=NUMBERS):
    """The challenge's two batches, one of them compressed."""
    for number in numbers:
        batch, suffix = ("1", ".nii") if number < 28 else ("2", ".nii.gz")
        where = folder / f"Training Batch {batch}"
        save_nifti(where / f"volume-{number}{suffix}", small_ct(seed=number))
        save_nifti(where / f"segmentation-{number}{suffix}", small_label())
    save_nifti(folder / "test" / "test-volume-0.nii", small_ct(seed=5))
    return folder


def prepare(data_set, source, output, **options):
    options = {"spacing": "native", "workers": 1, **options}
    datalist = prepare_liver(data_set, source, output, **options)
    return json.loads(datalist.read_text())


def differences(output):
    return json.loads((output / "manifest.json").read_text())["differences"]


def numbers_of(listing, split):
    return [item["facts"]["number"] for item in listing[split]]


@pytest.mark.parametrize(("data_set", "make"), [("msd_liver", msd), ("lits", lits)])
def test_the_papers_split(tmp_path, data_set, make):
    listing = prepare(data_set, make(tmp_path / "in"), tmp_path / "out")
    for split in SPLITS:
        expected = [number for number, other in SPLIT_OF.items() if other == split]
        assert sorted(numbers_of(listing, split)) == expected
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    unused = [scan["id"] for scan in manifest["scans"] if scan["split"] == "unused"]
    assert unused == ["liver_130" if data_set == "msd_liver" else "volume-130"]
    assert listing["labels"] == {"0": "background", "1": "liver", "2": "tumour"}
    item = listing["training"][0]
    stored = open_volume(tmp_path / "out" / item["label"]).read_all()
    np.testing.assert_array_equal(np.unique(stored), [0, 1, 2])


def test_both_layouts_give_the_same_volumes(tmp_path):
    listings = [
        prepare(name, make(tmp_path / name), tmp_path / f"out_{name}")
        for name, make in (("msd_liver", msd), ("lits", lits))
    ]
    for split in SPLITS:
        pairs = zip(*(listing[split] for listing in listings), strict=True)
        for one, two in pairs:
            assert one["facts"]["number"] == two["facts"]["number"]
            assert published_as(one) == published_as(two) == f"LiTS case {one['facts']['number']}"
            for key in ("image", "label"):
                volumes = [
                    open_volume(tmp_path / f"out_{name}" / item[key]).read_all()
                    for name, item in (("msd_liver", one), ("lits", two))
                ]
                np.testing.assert_array_equal(*volumes)


def test_a_phantom_is_none_of_the_published_cases(tmp_path):
    folder = msd(tmp_path / "in")
    listing = json.loads((folder / "dataset.json").read_text())
    for name, expected in (("Liver", "LiTS case 0"), ("Liver phantom", None)):
        (folder / "dataset.json").write_text(json.dumps({**listing, "name": name}))
        items = prepare("msd_liver", folder, tmp_path / name)["training"]
        assert published_as(items[0]) == expected


def test_the_folder_around_task03_is_found(tmp_path):
    msd(tmp_path / "in" / "Task03_Liver")
    listing = prepare("msd_liver", tmp_path / "in", tmp_path / "out")
    assert listing["numTraining"] == 2


def test_what_differs_from_the_published_cases_is_listed(tmp_path, capsys):
    labels = {number: small_label() for number in (*NUMBERS, 200)}
    labels[99] = np.where(labels[99] == 1, 0, labels[99])
    labels[114] = labels[114] * 3
    prepare("msd_liver", msd(tmp_path / "in", (*NUMBERS, 200), labels), tmp_path / "out")
    lines = differences(tmp_path / "out")
    assert lines == [
        "124 of 131 cases missing: 1, 2, 3, 4, 5, 6, 7, 8 and 116 more",
        "1 cases beyond the published 131: 200",
        "liver_114: no liver (1) in its label",
        "liver_114: its label holds [3, 6], expected 0, 1 and 2",
        "liver_99: no liver (1) in its label",
    ]
    assert capsys.readouterr().out.splitlines() == lines


def test_a_data_set_without_any_tumour_is_told(tmp_path):
    labels = {number: np.minimum(small_label(), 1) for number in NUMBERS}
    prepare("msd_liver", msd(tmp_path / "in", labels=labels), tmp_path / "out")
    assert "no case has a tumour (2) in its label" in differences(tmp_path / "out")


def test_the_whole_data_set_differs_in_nothing(tmp_path):
    folder, scan = tmp_path / "in", small_ct()
    save_nifti(folder / "volume-0.nii", scan)
    save_nifti(folder / "segmentation-0.nii", small_label())
    for number in range(1, 131):
        for kind in ("volume", "segmentation"):
            shutil.copy(folder / f"{kind}-0.nii", folder / f"{kind}-{number}.nii")
    listing = prepare("lits", folder, tmp_path / "out")
    assert [len(listing[split]) for split in SPLITS] == [100, 15, 15]
    assert differences(tmp_path / "out") == []


def test_download_comes_first(tmp_path, monkeypatch):
    def fetch(folder):
        msd(folder / "Task03_Liver")

    monkeypatch.setattr("medssl.sources.liver.download_msd_liver", fetch)
    listing = prepare("msd_liver", tmp_path / "in", tmp_path / "out", download=True)
    assert listing["numTraining"] == 2


def test_folds_of_a_split_by_patient(tmp_path):
    source = msd(tmp_path / "in")
    listing = prepare("msd_liver", source, tmp_path / "out", split="patients", folds=3)
    lists = [json.loads((tmp_path / f"out/datalist_fold{k}.json").read_text()) for k in range(3)]
    tested = sorted(item["id"] for each in lists for item in each["test"])
    assert tested == sorted(item["id"] for split in SPLITS for item in listing[split])
    with pytest.raises(UserError, match="folds: --split paper says who is tested"):
        prepare("msd_liver", source, tmp_path / "other", folds=3)
    assert not (tmp_path / "other").exists()


def test_the_phantom_is_read_like_the_real_thing(tmp_path):
    prepare_phantom(tmp_path / "in", scans=3, seed=2, spacing=(8, 8, 6), kind="abdomen", workers=1)
    listing = prepare("msd_liver", tmp_path / "in", tmp_path / "out", split="patients", spacing=4)
    items = [item for split in SPLITS for item in listing[split]]
    assert len(items) == 3
    for item in items:
        image, label = (
            open_volume(tmp_path / "out" / item[key]).read_all() for key in ("image", "label")
        )
        assert 90 < np.median(image[label == 1]) < 130
        side = np.nonzero(label)[0].mean() / label.shape[0]
        assert side > 0.5  # to the right, whichever way the file was stored
        assert {1, 2} <= set(np.unique(label))
