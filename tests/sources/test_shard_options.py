"""Shards that are given different options are refused, whatever the source and the option."""

import inspect
import itertools
import re
import shutil

import pytest

from medssl import sources
from medssl.errors import UserError
from medssl.sources import data_set as data_set_module
from medssl.sources.asked import FREE

from ..scans import save_nifti, small_ct
from .lidc.outlines import drawn
from .lidc.published import NODULE, READERS, UIDS, save_scans, save_xml
from .sharded import listed, liver, luna16
from .test_liver import msd

TABLE = "case,label\ncase0,benign\ncase1,malignant\n"


def any_folder(folder):
    for number in range(3):
        save_nifti(folder / f"case{number}" / "ct.nii.gz", small_ct(seed=number))
        save_nifti(folder / f"case{number}" / "mask.nii.gz", small_ct(seed=number).clip(0, 1))
    patterns = {"images": "*/ct.nii.gz", "labels": "*/mask.nii.gz"}
    return sources.prepare_images, {"source": folder, "patients": "each", **patterns}


def of(prepared, **options):
    """What prepares, and all that it is given by name."""
    names = list(inspect.signature(prepared.func).parameters)
    return prepared.func, {**dict(zip(names, prepared.args)), **options}


def published_lidc(folder):
    annotations = save_xml(folder / "xml", dict.fromkeys(UIDS, READERS))
    given = {"source": save_scans(folder / "scans"), "annotations": annotations}
    return sources.prepare_lidc, {**given, "split": "patients"}


SOURCES = {
    "prepare_images": any_folder,
    "prepare_luna16": lambda folder: of(luna16(folder), split="patients"),
    "prepare_liver": lambda folder: of(liver(folder), split="patients"),
    "prepare_listed": lambda folder: of(listed(folder)),
    "prepare_lidc": published_lidc,
}


def others(folder):
    """Another value for each option that there is, which the sources can read."""
    folder.mkdir()
    (folder / "patients.csv").write_text("id,patient\n")
    (folder / "table.csv").write_text(TABLE)
    (folder / "membership.csv").write_text(f"seriesuid,subset\n{UIDS[0]},0\n")
    (folder / "splits.json").write_text('[{"train": ["case_000"], "val": ["case_001"]}]')
    return {
        "allow_overlap": True,
        "annotations": save_xml(folder / "xml", dict.fromkeys(UIDS, [drawn(NODULE)] * 3)),
        "antialias": False,
        "channels": "one",
        "class_names": "nodule=1",
        "folds": 2,
        "fractions": (0.6, 0.2, 0.2),
        "hu_clip": (-900, 900),
        "images": "**/ct.nii.gz",
        "intensity": "zscore",
        "labels": "**/mask.nii.gz",
        "licence": "CC0",
        "luna16": folder / "membership.csv",
        "min_readers": 1,
        "modality": "other",
        "patients": folder / "patients.csv",
        "seed": 1,
        "spacing": (1, 1, 3),
        "split": "paper",
        "splits": folder / "splits.json",
        "table": folder / "table.csv",
    }


PREPARING = [name for name in sources.__all__ if name.startswith("prepare_")]


@pytest.mark.parametrize("name", PREPARING)
def test_each_option_of_each_source_is_the_same_in_all_shards(name, tmp_path):
    prepare, given = SOURCES[name](tmp_path / "in")
    given = {**given, "output": tmp_path / "out", "workers": 1}
    prepare(**given, shard="1/2")
    left = others(tmp_path / "others")
    if given.get("split") == "patients" and "luna16" in inspect.signature(prepare).parameters:
        left["split"] = "luna16"  # the paper's needs more scans
    options = sorted(inspect.signature(prepare).parameters.keys() - {*FREE, "data_set"})
    for option, shard in zip(options, itertools.cycle(("2/2", "merge/2"))):
        with pytest.raises(UserError) as caught:
            prepare(**given | {option: left[option]}, shard=shard)
        line = re.fullmatch(
            rf"(.*)/out: {option} is (.*) in shard 1/2 and (.*) here; give all shards and the "
            r"merge the same options, or remove \1/out/.shards/1-of-2.json to prepare that shard "
            "anew",
            str(caught.value),
        )
        assert line, (option, str(caught.value))
        assert line[2] != line[3]
    prepare(**given, shard="2/2")


def test_another_source_is_named(tmp_path):
    prepare, given = SOURCES["prepare_liver"](tmp_path / "lits")
    given = {**given, "output": tmp_path / "out", "workers": 1}
    prepare(**given, shard="1/2")
    of_msd = {"data_set": "msd_liver", "source": msd(tmp_path / "msd")}
    with pytest.raises(UserError, match="out: source is 'lits' in shard 1/2 and 'msd_liver' here"):
        prepare(**given | of_msd, shard="2/2")


def test_options_that_mean_the_same_are_the_same(tmp_path):
    prepare, given = any_folder(tmp_path / "in")
    given = {**given, "output": tmp_path / "out", "workers": 1}
    prepare(**given, spacing=2, fractions=(0.5, 0.25, 0.25), shard="1/2")
    prepare(**given, spacing=[2.0, 2, 2], fractions=[0.5, 0.25, 0.25], shard="2/2")


def test_a_table_is_what_it_holds_wherever_it_is(tmp_path):
    prepare, given = any_folder(tmp_path / "in")
    table, moved = tmp_path / "table.csv", tmp_path / "moved.csv"
    given = {**given, "output": tmp_path / "out", "workers": 1}
    table.write_text(TABLE)
    prepare(**given, table=table, shard="1/2")
    table.rename(moved)
    prepare(**given, table=str(moved), shard="2/2")
    moved.write_text(TABLE.replace("benign", "harmless"))
    with pytest.raises(UserError, match=r"table is 'sha256 .*' in shard 1/2 and 'sha256 .*' here"):
        prepare(**given, table=moved, shard="merge/2")


def test_annotations_and_membership_are_what_was_read_of_them(tmp_path):
    prepare, given = published_lidc(tmp_path / "in")
    given = {**given, "output": tmp_path / "out", "workers": 1}
    prepare(**given, luna16=given["source"], shard="1/2")
    copied = shutil.copytree(given["annotations"], tmp_path / "copied")
    table = tmp_path / "table.csv"
    rows = zip(UIDS, (4, 5, 9), strict=False)
    table.write_text("seriesuid,subset\n" + "".join(f"{uid},{subset}\n" for uid, subset in rows))
    given["annotations"] = copied
    prepare(**given, luna16=table, shard="2/2")
    shutil.rmtree(copied)
    save_xml(copied, {**dict.fromkeys(UIDS, READERS), UIDS[3]: [drawn(NODULE)] * 4})
    with pytest.raises(UserError, match=r"annotations is '.*' in shard 1/2 and '.*' here"):
        prepare(**given, luna16=table, shard="merge/2")
    given["annotations"] = tmp_path / "in" / "xml"
    table.write_text(table.read_text() + f"{UIDS[3]},0\n")
    with pytest.raises(UserError, match=r"luna16 is '.*' in shard 1/2 and '.*' here"):
        prepare(**given, luna16=table, shard="merge/2")


def test_a_running_shard_has_said_its_options(tmp_path, monkeypatch):
    prepare, given = any_folder(tmp_path / "in")
    given = {**given, "output": tmp_path / "out", "workers": 1}

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(data_set_module, "_run", stop)
        with pytest.raises(KeyboardInterrupt):
            prepare(**given, seed=1, shard="1/2")
    with pytest.raises(UserError, match="seed is 1 in shard 1/2 and 0 here"):
        prepare(**given, shard="2/2")
