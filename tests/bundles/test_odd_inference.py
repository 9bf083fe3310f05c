"""Odd scans through inference.json at 1 mm: each in its place or refused, as the page has it."""

import nibabel as nib
import pytest

from medssl.errors import one_line
from medssl.sources import find_images
from medssl.sources.readers import find_sources, read_image
from odd_cases import READ, REFUSED, SCANS
from odd_inference import errors_of_mask, thresholding
from odd_rows import agree, figures, load_rows

from .test_inference import LIVER

# One of every kind: tilted, turned, mirrored, unlike steps, values, formats, folders.
SAMPLE = (
    *("plain", "prone", "sagittal", "oblique", "tilt_20", "tilt_minus_15", "swivel_18"),
    *("oblong_pixels", "jitter_0.2mm", "slopes_by_slice", "monochrome1", "big_endian"),
    *("padding_brighter_than_bone", "enhanced_shuffled", "enhanced_tilt", "two_series"),
    *("beside_dose", "beside_localizer", "beside_packed_slices", "linked", "long_names"),
    *("spaces_and_umlauts", "nifti", "nifti_oblique_sheared", "nifti_left_handed", "nifti_micron"),
    *("nifti_bytes_and_slope", "nifti_one_volume_of_four_axes", "metaimage_element_size"),
    *("nrrd_in_las", "nrrd_centimetres", "nifti_spaces_and_umlauts"),
)


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    for case in SAMPLE:
        READ[case](folder / case)
    for case, (write, _) in REFUSED.items():
        write(folder / case)
    return folder


def test_every_odd_scan_is_segmented_in_its_place_or_refused(run_bundle, tmp_path, scans, capsys):
    with pytest.raises(Exception, match="evaluator") as caught:
        run_bundle(LIVER, ["inference"], data=scans, **thresholding(tmp_path, 1.0))
    total = sum(SCANS.get(case, 1) for case in SAMPLE) + len(REFUSED)
    assert one_line(caught.value).startswith(f"{len(REFUSED)} of {total} scans could not be")
    lines = capsys.readouterr().err.splitlines()
    names = {item["image"]: item["name"] for item in find_images(scans)}
    written = {(row.case, row.scan): row.inference for row in load_rows()}
    for case in (*SAMPLE, *REFUSED):
        for source in find_sources(scans / case):
            place = f"{source.path}#{source.series}".rstrip("#")
            path = tmp_path / "masks" / f"{names.pop(place)}_seg.nii.gz"
            if path.is_file():
                scan = read_image(source)
                assert nib.load(path).shape == scan.array.shape
                off, share = errors_of_mask(path, scan)
                assert off < 1, place
                assert abs(share) < 0.03, place
                now = figures(off, share)
            else:
                (line,) = [line for line in lines if line.startswith(f"medssl: {place}: ")]
                now = "refused" + line.removeprefix(f"medssl: {place}")
            told = written[case, source.name]
            assert agree(told, now), (case, told, now)
    assert not names
