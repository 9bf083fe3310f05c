"""Odd scans of every kind, all in one run of inference.json: each in its place or refused."""

import re
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from odd_cases import READ, REFUSED
from odd_dicom import CENTRE_RAS_MM, LEVEL_HU

from medssl.errors import one_line
from medssl.sources import find_images
from medssl.sources.readers import read_ct, source_of

from .test_inference import LIVER, found_at, thresholding

TWICE = ("two_series",)


def test_every_odd_scan_is_segmented_in_its_place_or_refused(run_bundle, tmp_path, capsys):
    scans = tmp_path / "scans"
    for case, write in {**READ, **{case: write for case, (write, _) in REFUSED.items()}}.items():
        write(scans / case)
    with pytest.raises(Exception, match="evaluator") as caught:
        run_bundle(LIVER, ["inference"], data=scans, **thresholding(tmp_path, 0))
    total = len(READ) + len(TWICE) + len(REFUSED)
    assert one_line(caught.value).startswith(f"{len(REFUSED)} of {total} scans could not be")
    lines = capsys.readouterr().err.splitlines()
    for case, (_, words) in REFUSED.items():
        (line,) = [line for line in lines if re.match(rf"medssl: {scans / case}[#/]", line)]
        assert re.search(words, line)
    wrong = {}
    for item in find_images(scans):
        path = tmp_path / "out" / f"{item['name']}_seg.nii.gz"
        if path.is_file():
            image, scan = nib.load(path), read_ct(source_of(Path(item["image"])))
            centre, volume = found_at(np.asarray(image.dataobj) > 0, image.affine)
            off = float(np.linalg.norm(centre - CENTRE_RAS_MM))
            share = volume / found_at(scan.array > LEVEL_HU, scan.affine)[1] - 1
            if off > 1 or abs(share) > 0.03 or image.shape != scan.array.shape:
                wrong[item["name"]] = (round(off, 2), round(share, 3), image.shape)
    assert len(list((tmp_path / "out").rglob("*.nii.gz"))) == total - len(REFUSED)
    assert not wrong, wrong
