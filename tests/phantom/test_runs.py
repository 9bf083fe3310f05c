"""Folders of phantoms: only what is missing is written, and nothing over what is not theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from medssl.errors import UserError
from medssl.files import write_json
from medssl.phantom.runs import (
    PhantomJob,
    ScanFiles,
    claim_folder,
    phantom_seed,
    read_truth,
    settings_of,
    strangers,
    write_phantoms,
)


def is_complete(folder: Path, job: str) -> bool:
    return (folder / job).is_file()


def write(folder: Path, job: str) -> None:
    (folder / job).write_text(f"scan {job}")


def test_only_missing_scans_are_written(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("kept")
    write_phantoms(tmp_path, ["a", "b", "c"], is_complete, write, workers=1)
    texts = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert texts == {"a": "scan a", "b": "kept", "c": "scan c"}


def test_a_failure_is_not_swallowed_and_what_was_written_stays(tmp_path: Path) -> None:
    def fail(folder: Path, job: str) -> None:
        if job == "b":
            raise OSError("no space left")
        write(folder, job)

    with pytest.raises(OSError, match="no space left"):
        write_phantoms(tmp_path, ["a", "b", "c"], is_complete, fail, workers=1)
    assert {path.name for path in tmp_path.iterdir()} == {"a"}


def test_one_folder_is_of_one_kind(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    claim_folder(folder, "Of a chest.\n\nOlder.", [])
    (folder / "a").write_text("scan a")
    claim_folder(folder, "Of a chest.\n\nNewer.", [])
    with pytest.raises(
        UserError, match=r"folder of these phantoms \(by its README\.txt\); give an"
    ):
        claim_folder(folder, "Of a liver.", [])
    texts = {path.name: path.read_text() for path in folder.iterdir()}
    assert texts == {"README.txt": "Of a chest.\n\nNewer.", "a": "scan a"}


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "subset0").mkdir()
    with pytest.raises(UserError, match="neither empty nor a folder of these phantoms") as error:
        claim_folder(tmp_path, "Of a chest.", [])
    assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["subset0"]


def test_hidden_files_are_nothing(tmp_path: Path) -> None:
    """Such as a run leaves that was killed while it wrote its first file."""
    (tmp_path / ".README.txt.12.tmp").write_text("Of a ch")
    claim_folder(tmp_path, "Of a chest.", [])
    assert (tmp_path / "README.txt").read_text() == "Of a chest."


def test_other_scans_and_files_in_the_way_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds 2 scans of other settings.*such as x\.mhd"):
        claim_folder(tmp_path, "", [tmp_path / "x.mhd", tmp_path / "y.mhd"])
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file: expected a folder"):
        claim_folder(tmp_path / "file", "", [])


def test_every_scan_has_a_seed_of_its_own_that_never_changes() -> None:
    seeds = {phantom_seed(seed, index) for seed in range(20) for index in range(50)}
    assert len(seeds) == 1000
    assert phantom_seed(7, 3) == 3_466_196_061


def test_a_truth_file_gives_back_its_job_or_nothing(tmp_path: Path) -> None:
    job, path = PhantomJob(3, 7, (1.0, 1.0, 2.0), None), tmp_path / "truth.json"
    assert read_truth(path) == {}
    path.write_text('{"settings": ')
    assert read_truth(path) == {}
    write_json(path, {"settings": settings_of(job)})
    assert read_truth(path)["settings"] == settings_of(job)
    assert settings_of(job) != settings_of(PhantomJob(3, 7, (1.0, 1.0, 2.5), None))


def scan(folder: Path, number: int, channels: int, labelled: bool = True) -> ScanFiles:
    images = tuple(folder / "imagesTr" / f"s{number}_{n}.nii.gz" for n in range(channels))
    label = folder / "labelsTr" / f"s{number}.nii.gz" if labelled else None
    return ScanFiles(images, label, folder / "truth" / f"s{number}.json")


def make(files: ScanFiles, job: PhantomJob) -> None:
    for path in (*files.images, *([files.label] if files.label else []), files.truth):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("voxels")
    write_json(files.truth, {"settings": settings_of(job), "bytes": files.sizes})


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("channels", [1, 4])
def test_a_scan_is_complete_with_all_of_its_files(
    channels: int, labelled: bool, tmp_path: Path
) -> None:
    files, job = scan(tmp_path, 0, channels, labelled), PhantomJob(0, 0, None, None)
    assert not files.complete
    make(files, job)
    assert files.complete
    files.images[-1].write_text("half")
    assert not files.complete
    for path in (files.images[0], files.truth, *([files.label] if files.label else [])):
        make(files, job)
        path.unlink()
        assert not files.complete


def test_scans_of_no_job_or_of_other_settings_are_strangers(tmp_path: Path) -> None:
    jobs = [PhantomJob(n, 0, None, None) for n in range(2)]
    files = [scan(tmp_path, n, 2) for n in range(2)]
    for one, job in zip(files, jobs, strict=True):
        make(one, job)
    both = list(zip(jobs, files, strict=True))
    assert strangers(tmp_path, both) == []
    assert strangers(tmp_path, both[:1]) == sorted(files[1].images)
    other = PhantomJob(0, 5, None, None)
    assert strangers(tmp_path, [(other, files[0]), both[1]]) == sorted(files[0].images)
    files[0].truth.unlink()  # it was stopped while it wrote, and goes on
    assert strangers(tmp_path, both) == []
