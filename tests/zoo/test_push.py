"""``medssl push`` with a stand-in for the Hub's client."""

import importlib
from pathlib import Path
from types import SimpleNamespace

import pytest
from monai.bundle import scripts

from medssl.errors import UserError
from medssl.zoo.push import push
from medssl.zoo.verify import Result
from medssl.zoo.verify import run_checks as verify

NAME = "pretrain_simclr"
module = importlib.import_module("medssl.zoo.push")


@pytest.fixture
def hub(monkeypatch):
    """Records what MONAI's function asks of the Hub."""
    calls = {}

    class HfApi:
        def __init__(self, token=None):
            pass

        def create_repo(self, repo_id, private, exist_ok):
            calls["repo"] = repo_id, private

        def upload_folder(self, repo_id, folder_path):
            folder = Path(folder_path)
            calls["files"] = {
                path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
            }
            return f"hub://{repo_id}"

        def create_tag(self, repo_id, tag, exist_ok):
            calls["tag"] = tag

    monkeypatch.setattr(scripts, "huggingface_hub", SimpleNamespace(HfApi=HfApi))
    monkeypatch.setattr(module, "find_spec", lambda name: object())
    return calls


def test_the_content_of_the_zip_is_uploaded_under_its_version(hub, releases, phantoms, monkeypatch):
    monkeypatch.setattr(module, "run_checks", lambda zip_, _, names: verify(zip_, phantoms, names))
    place = push(releases / f"{NAME}_v0.1.0.zip", "owner/name")
    assert place == "hub://owner/name"
    assert hub["repo"] == ("owner/name", True)
    assert hub["tag"] == "0.1.0"
    expected = {"README.md", "configs/metadata.json", "models/model.pt", "models/provenance.json"}
    assert expected <= hub["files"]
    assert f"medssl_{NAME}_0_1_0/__init__.py" in hub["files"]


def test_what_does_not_verify_is_not_uploaded(hub, releases, monkeypatch):
    failed = [Result(NAME, "keys", False, "missing keys", 0.0)]
    monkeypatch.setattr(module, "run_checks", lambda *given: failed)
    with pytest.raises(UserError, match="not uploaded"):
        push(releases / f"{NAME}_v0.1.0.zip", "owner/name")
    assert not hub


def test_bad_requests_are_one_line(releases, monkeypatch):
    with pytest.raises(UserError, match="owner/name"):
        push(releases / f"{NAME}_v0.1.0.zip", "name")
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install huggingface_hub"):
        push(releases / f"{NAME}_v0.1.0.zip", "owner/name")


def test_a_refusal_of_the_hub_is_one_line(hub, releases, monkeypatch):
    def refuse(**given):
        raise RuntimeError("401 Unauthorized\nmore")

    monkeypatch.setattr(module, "push_to_hf_hub", refuse)
    monkeypatch.setattr(module, "run_checks", lambda *given: [])
    with pytest.raises(UserError, match="401 Unauthorized") as caught:
        push(releases / f"{NAME}_v0.1.0.zip", "owner/name")
    assert "\n" not in str(caught.value)
