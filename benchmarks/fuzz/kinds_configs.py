"""Configs, overlays, options of the command line, and descriptions of studies and data sets."""

from __future__ import annotations

import contextlib
import io
import json
import random
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import yaml

from medssl.sources import prepare_listed
from medssl.study.plan import make_plan
from medssl.study.settings import read_settings
from medssl.weights import read_weights
from medssl.zoo import read_metadata

from . import examples
from .commands import BUNDLES, ROOT, TINY, run_bundle, run_medssl, words_of
from .content import digest, lists, volumes
from .examples import BUNDLE
from .kind import ABSOLUTE, IN, OUT, Damage, Damager, Kind, Use
from .of_bytes import damage_bytes
from .of_trees import damage_json, damage_tree, damage_values

_CONFIG = "a config says what is to be done: what makes sense is done as it is written"
_MONAI = (
    "damaged so that MONAI can lay them over each other; files that are no JSON or YAML of an "
    "object, and a % that leads nowhere, have a line of their own, unreadable overlays"
)
_VALUES = (
    *("abc", "", "-1", "0", "1e400", "nan", "None", "null", "[]", "[1]", "[20,20,20]", "{}", "5"),
    *("[-8,-8,-8]", "1,2", "[[8,8,8]]", "true", "'8'", "@nothing", "$1/0", "$", "x" * 5000),
    *("[8,8,nan]", "1000000000", ABSOLUTE, "../..", "(8,8,8)", "8.0", "[8,8,8,8]", "\n", "é"),
)


def _with_configs(folder: Path) -> None:
    examples.prepared(folder)
    shutil.copytree(BUNDLES / BUNDLE, folder / BUNDLE, ignore=shutil.ignore_patterns("models"))
    config = json.loads((folder / BUNDLE / "configs" / "train.json").read_text())
    (folder / "overlay.json").write_text(json.dumps(TINY))
    (folder / "overlay.yaml").write_text(yaml.safe_dump(TINY))
    keys = [key for key, value in config.items() if not isinstance(value, dict)]
    (folder / "words.json").write_text(json.dumps({"keys": sorted({*keys, *TINY}), "given": TINY}))


def _damage_words(rng: random.Random, content: bytes) -> Damage:
    """One option more, or another value of one."""
    words = json.loads(content)
    free = ("output_dir", "bundle_root", "initialize", "run", "imports", "device")
    key = rng.choice([key for key in words["keys"] if key not in free])
    words["given"][key] = value = rng.choice(_VALUES)
    content = json.dumps(words).encode()
    return Damage(f"--{key} {value[:20]!r}", content, (tuple(key.split("#")),), value)


def _run(case: Path, configs: list[Path], given: dict[str, object]) -> str:
    root, out = case / IN / BUNDLE, case / OUT / "models"
    file: object = configs[0] if len(configs) == 1 else [str(path) for path in configs]
    given = {**given, "output_dir": out}
    run_bundle(words_of(file, root, case / IN / "data", given))  # type: ignore[arg-type]
    return digest(read_weights(out / "model.pt"))


def _train(case: Path) -> str:
    return _run(case, [case / IN / BUNDLE / "configs/train.json"], dict(TINY))


def _damage_for_monai(rng: random.Random, content: bytes) -> Damage:
    """What MONAI reads first: bytes of a file, what is in it at all, or a ``%`` in it."""
    if rng.random() < 0.5:
        return damage_bytes(rng, content)
    nowhere = yaml.safe_load(content) | {"seed": rng.choice(("%nowhere", "%no.json::a", "%"))}
    wholes = ([], "text", None, 3, nowhere, nowhere, nowhere)
    return Damage("whole", json.dumps(rng.choice(wholes)).encode())  # which is YAML, too


def _with_overlays(*suffixes: str) -> Use:
    def use(case: Path) -> str:
        configs = [case / IN / f"overlay.{suffix}" for suffix in suffixes]
        train = case / IN / BUNDLE / "configs/train.json"
        return _run(case, [train, *configs], {"max_epochs": TINY["max_epochs"]})

    return use


def _with_words(case: Path) -> str:
    given = json.loads((case / IN / "words.json").read_text())["given"]
    return _run(case, [case / IN / BUNDLE / "configs/train.json"], given)


def _read_config(case: Path) -> str:
    """As ``estimate``, ``probe``, ``verify`` and ``pack`` read a bundle."""
    root = case / IN / BUNDLE
    words = ["estimate", str(root), "--data", str(case / IN / "data"), "--steps", "2"]
    with contextlib.redirect_stdout(io.StringIO()):
        run_medssl([*words, *(f"--{key}={value}" for key, value in TINY.items())])
    return digest(read_metadata(root))


def _study(folder: Path) -> None:
    for name in ("study.yaml", "smoke.yaml"):
        shutil.copy(ROOT / "study" / name, folder)


def _plan(case: Path) -> str:
    path = case / IN / "smoke.yaml"
    plan = make_plan(read_settings(path), {}, str(path))
    return digest(sorted(map(repr, plan.runs)), plan.tasks, [repr(cell) for cell in plan.cells])


def _decathlon(folder: Path) -> None:
    names = []
    for number in range(4):
        name, hu = f"c{number}.nii.gz", examples.voxels(number)
        for place, content in (("imagesTr", hu), ("labelsTr", (hu > 300).astype(np.uint8))):
            (folder / place).mkdir(exist_ok=True)
            nib.save(nib.Nifti1Image(content, examples.affine()), folder / place / name)
        names.append({"image": f"./imagesTr/{name}", "label": f"./labelsTr/{name}"})
    content = {
        **{"name": "Ball", "tensorImageSize": "3D", "modality": {"0": "CT"}, "licence": "CC0"},
        **{"labels": {"0": "background", "1": "ball"}, "numTraining": 4, "numTest": 0},
        **{"training": names, "test": []},
    }
    (folder / "dataset.json").write_text(json.dumps(content))


def _prepare_decathlon(case: Path) -> str:
    data = case / OUT / "data"
    given = {"patients": "each", "spacing": examples.MM, "workers": 1}
    prepare_listed("decathlon", case / IN, data, **given)  # type: ignore[arg-type]
    return digest(volumes(data), lists(data))


def _of_programs(name: str, use: Use, damage: dict[str, Damager], count: int) -> Kind:
    """Configs and options: what they say is done, whatever it is."""
    notes = {"": _CONFIG}
    return Kind(name, _with_configs, use, damage, count, notes, False, program=True, note=_MONAI)


_yaml = damage_tree(yaml.safe_load, yaml.safe_dump)
_config = damage_values(json.loads, json.dumps)
_tree_of_yaml = damage_values(yaml.safe_load, yaml.safe_dump)

KINDS = (
    _of_programs("config", _train, {f"{BUNDLE}/configs/train.json": _config}, 60),
    _of_programs("overlay", _with_overlays("json"), {"overlay.json": _config}, 40),
    _of_programs("YAML overlay", _with_overlays("yaml"), {"overlay.yaml": _tree_of_yaml}, 40),
    _of_programs("options", _with_words, {"words.json": _damage_words}, 90),
    Kind(
        "unreadable overlays",
        _with_configs,
        _with_overlays("json", "yaml"),
        dict.fromkeys(("overlay.json", "overlay.yaml"), _damage_for_monai),
        40,
        {"": _CONFIG},
        named=False,
        program=True,
        early=True,
    ),
    Kind(
        "config of medssl",
        _with_configs,
        _read_config,
        {
            f"{BUNDLE}/configs/train.json": damage_json,
            f"{BUNDLE}/configs/metadata.json": damage_json,
        },
        60,
        {"": _CONFIG},
        program=True,
        named=False,
    ),
    Kind("study", _study, _plan, {"smoke.yaml": _yaml}, 100, {"": _CONFIG}, named=False),
    Kind(
        "dataset.json",
        _decathlon,
        _prepare_decathlon,
        {"dataset.json": damage_json},
        100,
        {"": "it has no checksum: what is plausible is taken as it is written"},
    ),
)
