"""Label maps of nodules on disk: written once, in the grid of their scan."""

import nibabel as nib
import numpy as np

from medssl.sources.lidc.contours import Reading
from medssl.sources.lidc.grids import find_series
from medssl.sources.lidc.masks import label_scans

from .outlines import grid
from .published import NODULE, READERS, UIDS, prepare, save_scans, save_xml


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


def test_a_scan_with_a_broken_header_has_no_label_map_and_the_others_count_all_groups(tmp_path):
    save_scans(tmp_path / "in", UIDS[:2])
    sources = find_series(tmp_path / "in")
    sources[UIDS[1]].path.write_text("ObjectType = Image\n")
    readings = {uid: Reading(uid, tuple(READERS), "p") for uid in UIDS[:2]}
    whole, broken = label_scans(sources, readings, tmp_path / "out", min_readers=3).values()
    assert (whole.groups, whole.readers) == ((3, 1), (3,))
    label = nib.load(whole.label.path)
    np.testing.assert_array_equal(np.asarray(label.dataobj), NODULE)
    np.testing.assert_allclose(label.affine, grid().affine, atol=1e-5)
    assert (broken.label, broken.groups) == (None, ())
    assert [path.name for path in (tmp_path / "out" / "lidc_masks").iterdir()] == [
        f"{UIDS[0]}.nii.gz"
    ]
