"""The public data sets from a server on this machine that stands in for the real ones."""

import io
import json
import tarfile
import zipfile
from collections import Counter

import pytest

from medssl.errors import UserError
from medssl.sources import public_data as download
from medssl.sources.public_data import download_luna16, download_msd_liver

from .server import md5


def tar_of(files):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, payload in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(payload)
            archive.addfile(member, io.BytesIO(payload))
    return stream.getvalue()


def zip_of(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, payload in files.items():
            archive.writestr(name, payload)
    return stream.getvalue()


def test_msd_liver_is_unpacked_once(server, tmp_path, monkeypatch):
    from monai.apps import DecathlonDataset

    task = "Task03_Liver"
    archive = tar_of({f"{task}/dataset.json": b"{}", f"{task}/imagesTr/liver_0.nii.gz": b"scan"})
    server.files["liver.tar"] = archive
    monkeypatch.setitem(DecathlonDataset.resource, task, server.url("liver.tar"))
    monkeypatch.setitem(DecathlonDataset.md5, task, md5(archive).removeprefix("md5:"))
    for _ in range(2):
        folder = download_msd_liver(tmp_path)
        assert (folder / "imagesTr" / "liver_0.nii.gz").read_bytes() == b"scan"
    assert len(server.asked) == 1
    assert not (tmp_path / "Task03_Liver.tar").exists()


def test_what_was_half_unpacked_is_unpacked_again(server, tmp_path, monkeypatch):
    test_msd_liver_is_unpacked_once(server, tmp_path, monkeypatch)
    (tmp_path / ".Task03_Liver.tar.unpacked").unlink()
    scan = tmp_path / "Task03_Liver" / "imagesTr" / "liver_0.nii.gz"
    scan.write_bytes(b"sc")
    download_msd_liver(tmp_path)
    assert scan.read_bytes() == b"scan"


def serve_luna16(server, monkeypatch, subsets=10):
    """Two records as Zenodo lists them, with files that are not wanted among them."""
    files = {f"subset{k}.zip": zip_of({f"subset{k}/{k}.mhd": b"m" * k}) for k in range(subsets)}
    files |= {"annotations.csv": b"seriesuid\n", "candidates_V2.zip": zip_of({"c_V2.csv": b"x"})}
    files["seg-lungs-LUNA16.zip"] = b"large"
    server.files.update(files)
    names = sorted(files)
    for record, part in (("3723295", names[:7]), ("4121926", names[7:])):
        entries = [
            {
                "key": name,
                "size": len(files[name]),
                "checksum": md5(files[name]),
                "links": {"self": server.url(name)},
            }
            for name in part
        ]
        server.files[record] = json.dumps({"files": entries}).encode()
    monkeypatch.setattr(download, "ZENODO", server.url("")[:-1])


def test_luna16_comes_from_both_records(server, tmp_path, monkeypatch):
    serve_luna16(server, monkeypatch)
    for _ in range(2):
        assert download_luna16(tmp_path) == tmp_path
    for k in range(10):
        assert (tmp_path / f"subset{k}" / f"{k}.mhd").read_bytes() == b"m" * k
    assert (tmp_path / "annotations.csv").is_file()
    assert (tmp_path / "c_V2.csv").is_file()
    assert not list(tmp_path.glob("*.zip"))
    asked = Counter(name for name, _ in server.asked)
    assert "seg-lungs-LUNA16.zip" not in asked
    assert {count for name, count in asked.items() if not name.isdecimal()} == {1}


def test_records_without_all_subsets_are_refused(server, tmp_path, monkeypatch):
    serve_luna16(server, monkeypatch, subsets=9)
    with pytest.raises(UserError, match=r"subset9\.zip not in the records"):
        download_luna16(tmp_path)
    assert not list(tmp_path.iterdir())


def test_zenodo_out_of_reach_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "ZENODO", "http://127.0.0.1:9/records")
    with pytest.raises(UserError, match="check the network") as caught:
        download_luna16(tmp_path)
    assert "\n" not in str(caught.value)
