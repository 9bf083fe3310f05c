"""What a folder of releases holds, for programs and for people."""

import base64
import json
import zipfile

import pytest

from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.zoo import write_index
from medssl.zoo.index import read_release

from .conftest import NAME


def test_the_index_has_the_zoos_form_and_a_card_for_each(served):
    folder, url = served
    info = json.loads((folder / "model_info.json").read_text(encoding="utf-8"))
    assert set(info) == {f"{NAME}_v0.1.0", "lung_nodule_ct_segmentation_v0.1.0"}
    entry = info[f"{NAME}_v0.1.0"]
    assert entry["source"] == f"{url}/{NAME}_v0.1.0.zip"
    assert entry["sha256"] == sha256_of(folder / f"{NAME}_v0.1.0.zip")
    assert len(entry["checksum"]) == 40
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert page.count("<article") == 2
    assert f"medssl fetch {NAME} --source {url}" in page
    assert page.count("weights: Apache-2.0<br>data: none, synthetic") == 2
    assert "<script" not in page


def test_an_empty_folder_has_no_index(tmp_path):
    with pytest.raises(UserError, match="medssl pack"):
        write_index(tmp_path)


def archive(path, version="0.1.0", picture=b""):
    """A release as far as the index reads it."""
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("bundle/configs/metadata.json", json.dumps({"version": version}))
        target.writestr("bundle/models/provenance.json", json.dumps({"trained": True}))
        if picture:
            target.writestr("bundle/docs/task.png", picture)
    return path


def test_a_release_is_read_with_its_picture(tmp_path):
    path = archive(tmp_path / "bundle_v0.1.0.zip", picture=b"picture")
    release = read_release(path)
    assert (release.name, release.version, release.sha256) == ("bundle", "0.1.0", sha256_of(path))
    assert base64.b64decode(release.picture.removeprefix("data:image/png;base64,")) == b"picture"
    assert read_release(archive(path)).picture == ""


def test_a_name_that_says_something_else_than_its_content_is_refused(tmp_path):
    path = archive(tmp_path / "bundle_v0.1.0.zip", version="0.2.0")
    with pytest.raises(UserError, match=r"v0\.1\.0\.zip: holds bundle 0\.2\.0; its name must"):
        read_release(path)
    with pytest.raises(UserError, match=r"bundle\.zip: expected a name like"):
        read_release(tmp_path / "bundle.zip")


def test_words_of_a_bundle_are_text_and_no_markup_on_the_page(tmp_path):
    with zipfile.ZipFile(tmp_path / "bundle_v0.1.0.zip", "w") as target:
        said = {"version": "0.1.0", "name": "<script>", "description": "a & b"}
        target.writestr("bundle/configs/metadata.json", json.dumps(said))
        target.writestr("bundle/models/provenance.json", json.dumps({"trained": False}))
    write_index(tmp_path, "https://example.org/")
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<h2>&lt;script&gt;</h2>\n<p>a &amp; b</p>" in page
    assert "untrained weights" in page
    assert "--source https://example.org<" in page
