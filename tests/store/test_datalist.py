"""The data list: paths, splits, what is left out, and who is kept."""

import json

import pytest

from medssl.errors import UserError
from medssl.sources import prepare_images
from medssl.store import identify, load_datalist


@pytest.fixture
def prepared(scans, tmp_path):
    prepare_images(
        scans,
        tmp_path / "out",
        images="*/ct.nii.gz",
        labels="*/nodules.nii.gz",
        spacing="native",
        workers=1,
        fractions=(0.5, 0.25, 0.25),
    )
    return tmp_path / "out"


def test_items_of_all_splits(prepared, monkeypatch):
    monkeypatch.chdir(prepared.parent)
    items = [item for s in ("training", "validation", "test") for item in load_datalist("out", s)]
    assert sorted(item["id"] for item in items) == [f"case{i}" for i in range(7)]
    for item in items:
        assert item["image"] == str(prepared / "volumes" / f"{item['id']}.b2nd")
        assert {"patient", "split", "shape", "spacing_mm", "scan_sha256", "voxels_sha256"} <= set(
            item
        )
        assert not {"label", "label_voxels_sha256", "objects"} & set(item)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../else/a.b2nd",
        "volumes/../../a.b2nd",
        "..",
        "C:/a",
        "\\\\host\\a",
        "a\\..\\b",
    ],
)
@pytest.mark.parametrize("key", ["image", "label"])
def test_a_list_that_leads_out_of_its_folder_is_refused(prepared, key, path):
    listed = prepared / "datalist.json"
    listing = json.loads(listed.read_text(encoding="utf-8"))
    listing["training"][0][key] = path
    listed.write_text(json.dumps(listing), encoding="utf-8")
    with pytest.raises(UserError, match=r"datalist.json: names .* outside of the folder"):
        load_datalist(prepared, "training")


def test_names_with_dots_are_no_way_out(prepared):
    listed = prepared / "datalist.json"
    listing = json.loads(listed.read_text(encoding="utf-8"))
    listing["training"][0]["image"] = "volumes/a..b...b2nd"
    listed.write_text(json.dumps(listing), encoding="utf-8")
    found = load_datalist(prepared, "training")[0]["image"]
    assert found == str(prepared / "volumes" / "a..b...b2nd")


def test_labelled_leaves_out_the_rest(prepared):
    ids = []
    for split in ("training", "validation", "test"):
        everything = {item["id"]: item for item in load_datalist(prepared, split)}
        for item in load_datalist(prepared, split, labelled=True):
            assert item["label"] == str(prepared / "labels" / f"{item['id']}.b2nd")
            assert {"label_voxels_sha256", "objects"} <= set(item)
            assert everything[item["id"]].items() <= item.items()
            ids.append(item["id"])
    assert sorted(ids) == [f"case{i}" for i in range(6)]


def test_small_scans_are_left_out_with_one_line(prepared, warned):
    everything = load_datalist(prepared, "training")
    width = sorted(item["shape"][0] for item in everything)[1]
    kept = load_datalist(prepared, "training", crop_size=(width, 5, 5))
    (left_out,) = [item["id"] for item in everything if item not in kept]
    (line,) = warned
    assert left_out in line
    assert "\n" not in line
    with pytest.raises(UserError, match="crop_size"):
        load_datalist(prepared, "training", crop_size=(64, 64, 32))


@pytest.mark.parametrize("content", [None, "{", "[]", "{}"])
def test_not_a_prepared_folder(tmp_path, content):
    if content is not None:
        (tmp_path / "datalist.json").write_text(content)
    with pytest.raises(UserError, match="medssl prepare") as caught:
        load_datalist(tmp_path, "training")
    assert str(tmp_path) in str(caught.value)


def test_split_without_scans(prepared):
    path = prepared / "datalist.json"
    listing = json.loads(path.read_text())
    path.write_text(json.dumps({**listing, "test": []}))
    with pytest.raises(UserError, match=r"no scan in test.*--fractions"):
        load_datalist(prepared, "test")
    with pytest.raises(UserError, match="split: 'train'"):
        load_datalist(prepared, "train")


def test_folds_are_read_by_number(scans, tmp_path):
    patterns = {"images": "*/ct.nii.gz", "labels": "*/nodules.nii.gz"}
    out = tmp_path / "out"
    prepare_images(scans, out, **patterns, spacing="native", workers=1, folds=3)
    tested = [item["id"] for fold in range(3) for item in load_datalist(out, "test", fold=fold)]
    assert sorted(tested) == [f"case{i}" for i in range(7)]
    assert tested != [item["id"] for item in load_datalist(out, "test")] * 3
    with pytest.raises(UserError, match=r"fold: 3, but .* has folds 0 to 2"):
        load_datalist(out, "test", fold=3)


def test_folds_that_were_not_prepared(prepared):
    with pytest.raises(UserError, match=r"fold: 0, but .* has no folds.*--folds"):
        load_datalist(prepared, "test", fold=0)


def test_no_labelled_scan(scans, tmp_path):
    prepare_images(scans, tmp_path / "o", images="*/ct.nii.gz", spacing="native", workers=1)
    with pytest.raises(UserError, match="--labels"):
        load_datalist(tmp_path / "o", "training", labelled=True)


def test_identity_knows_content_not_place(prepared, tmp_path):
    items = load_datalist(prepared, "training", labelled=True)
    prepared.rename(tmp_path / "moved")
    assert identify(items) == identify(load_datalist(tmp_path / "moved", "training", labelled=True))
    changes = ("voxels_sha256", "scan_sha256", "split", "id", "label_voxels_sha256")
    for change in ({key: "0"} for key in changes):
        assert identify([{**items[0], **change}, *items[1:]]) != identify(items)
    assert identify(items[1:]) != identify(items)


def test_raw_items_are_known_by_their_paths():
    items = [{"image": "a.nii", "label": "b.nii", "other": 1}]
    assert identify(items) == [{"image": "a.nii", "label": "b.nii"}]
