"""Each fault in a bundle's files is found by its own check."""

import pytest

from medssl.errors import UserError
from medssl.zoo.archive import unpack
from medssl.zoo.verify import CHECKS, Subject, run_checks

from .conftest import NAME, archive_of, metadata, named_in_one_line, train

FAULTS = {
    "licence": ("files", "missing: LICENSE", lambda folder: (folder / "LICENSE").unlink()),
    "no changelog entry": (
        "version",
        "no entry for 0.1.0",
        metadata(lambda m: m["changelog"].clear()),
    ),
    "two digits": ("version", "single digits", metadata(lambda m: m.update(version="0.10.0"))),
    "newer changelog": (
        "version",
        "goes up to 0.2.0",
        metadata(lambda m: m["changelog"].update({"0.2.0": ""})),
    ),
    "no authors": (
        "metadata",
        "'authors' is a required property",
        metadata(lambda m: m.pop("authors")),
    ),
    "channels": (
        "metadata",
        "network_data_format.inputs.image",
        metadata(lambda m: m["network_data_format"]["inputs"]["image"].update(num_channels="1")),
    ),
    "no pred": (
        "metadata",
        "expects 'pred'",
        metadata(lambda m: m["network_data_format"].update(outputs={"logits": 1})),
    ),
    "no seed": ("keys", "train.json seed", train(lambda c: c.pop("seed"))),
    "handlers by name": (
        "keys",
        "literal list",
        train(lambda c: c["train"].update(handlers="@other")),
    ),
    "home": (
        "paths",
        r"train.json, line \d+: a path of one machine",
        train(lambda c: c.update(dataset_dir="/home/me")),
    ),
    "a drive": ("paths", "one machine", train(lambda c: c.update(dataset_dir="C:\\data"))),
    "no JSON": (
        "keys",
        "configs/train.json: cannot be read",
        lambda folder: (folder / "configs" / "train.json").write_text("{"),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named_in_one_line(fault, subject):
    named_in_one_line(subject, *FAULTS[fault])


def test_a_large_file_is_refused(subject):
    with (subject.folder / "docs" / "scan.nii").open("wb") as stream:
        stream.truncate(26 << 20)
    with pytest.raises(UserError, match=r"docs/scan.nii \(26 MiB\)"):
        CHECKS["sizes"](subject)


@pytest.mark.parametrize("name", ["pretrain_vicreg_x", "Pretrain", "pretrain"])
def test_names_that_confuse_downloads_are_refused(name, tmp_path):
    with pytest.raises(UserError, match=r"_v|lower-case"):
        CHECKS["name"](Subject(tmp_path / name, tmp_path, tmp_path))


def test_a_released_version_is_not_released_again(subject):
    (result,) = run_checks(
        subject.folder, subject.phantoms, ["version"], frozenset({f"{NAME}_v0.1.0"})
    )
    assert "released already" in result.note


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("models/model.ts", r"models/model\.ts: SHA-256 differs from provenance\.json's"),
        ("requirements.txt", r"requirements\.txt: not what the metadata name"),
    ],
)
def test_a_release_that_was_changed_is_known(name, message, releases, tmp_path):
    folder = unpack(archive_of(releases), tmp_path / "bundle")
    release = Subject(folder, tmp_path, tmp_path, (NAME, "0.1.0"))
    assert CHECKS["release"](release) == "trained"
    with (folder / name).open("ab") as stream:
        stream.write(b" ")
    with pytest.raises(UserError, match=message):
        CHECKS["release"](release)
