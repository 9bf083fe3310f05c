"""Whether the commands of a bundle's README work, at a small size."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from ...engines import Trained
from ...engines.evaluation import METRICS, read_evaluation
from ...engines.model_file import MODEL
from ...errors import UserError
from ...networks import UNet3D, has_tensorrt
from ...store.case_table import TABLE
from ...weights import save_torch
from .small import SMALL, SPACING, needs, phantom, small_settings
from .subject import Subject

TENSORRT = "inference_trt.json"
LIMIT = 600  # seconds for one command
_COMMAND = re.compile(r"(python|torchrun \S+) -m monai\.bundle run ")
# Keeps the library of this environment out of a released bundle's sight.
_ABSENT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "medssl":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
"""


def readme_commands(subject: Subject) -> list[list[str]]:
    """The words of the README's commands that run the bundle on this machine.

    Raises:
        UserError: there is none.
    """
    text = (subject.folder / "docs" / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:bash|shell|sh)\n(.*?)^```", text, re.M | re.S)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    commands = [
        shlex.split(line)
        for line in lines
        if _COMMAND.match(line) and (TENSORRT not in line or has_tensorrt())
    ]
    if not commands:
        raise UserError("docs/README.md: no command that runs the bundle")
    return commands


def _options(words: list[str]) -> dict[str, str]:
    names = [place for place, word in enumerate(words) if word.startswith("--") and "=" not in word]
    return {words[place][2:]: words[place + 1] for place in names}


def _configs(options: dict[str, str]) -> list[Path]:
    """The bundle's own configs that a command uses; those of a user's data are not here."""
    given = options["config_file"]
    paths = ast.literal_eval(given) if given.startswith("[") else [given]
    return [path for path in map(Path, paths) if path.parent.name == "configs"]


def _merged(subject: Subject, names: list[str]) -> dict[str, Any]:
    """Literal top-level keys of configs."""
    merged: dict[str, Any] = {}
    for name in names:
        merged |= subject.config(name)
    return {key: value for key, value in merged.items() if not str(value).startswith("$")}


def _smaller(subject: Subject, words: list[str], run: Path) -> list[str]:
    """The command with data of the phantom and small settings, in a folder of its own."""
    options = _options(words)
    configs = _configs(options)
    options["config_file"] = str([path.as_posix() for path in configs])
    names = [path.stem for path in configs]
    keys = _merged(subject, names)
    data, scans = phantom(subject)
    inference = "inference" in names
    small = small_settings(keys)
    small["dataset_dir"] = scans if inference else data
    if inference:
        small["output_dir"] = run / "eval"
        if (subject.folder / "models" / MODEL).is_file():
            small.pop("base_channels", None)
            small |= _coarse(subject)
        else:
            small["model"] = run / "trained" / MODEL
    else:
        overlays = [name for name in names[1:] if name != "evaluate"]
        small["output_dir"] = run / "_".join(["trained", *overlays])
        if isinstance(keys.get("spacing"), int | float):
            small["spacing"] = SPACING[needs(subject)]
    if "candidates" in options:
        small["candidates"] = data / "candidates.csv"
    if "regions" in options:
        small["regions"] = data / TABLE
    if "points" in options:
        small["points"] = scans.parent / "annotations.csv"
    if "pretrained" in options:
        small["pretrained"] = run / "pretrained.pt"
    kept = [word for key in options if key not in small for word in (f"--{key}", options[key])]
    added = [word for key, value in small.items() for word in (f"--{key}", str(value))]
    return [*words[: words.index("run") + 1], *kept, *added]


def _coarse(subject: Subject) -> dict[str, list[float]]:
    """The phantom's own voxels for untrained weights; the bundle's may be a thousand in each."""
    free = "spacing" in subject.config("inference")
    known = Trained(subject.folder / "models" / MODEL).contract
    return {"spacing": [SPACING[needs(subject)]] * 3} if free and known is None else {}


def check_commands(subject: Subject) -> str:
    """The README's commands, pasted in an empty directory beside the bundle, at a small size.

    A released bundle does not see this environment's medssl: it has to live on its own.
    """
    run = subject.scratch / "empty"
    place = run / "bundles" / subject.name
    shutil.copytree(subject.folder, place, ignore=shutil.ignore_patterns("eval", "checkpoint.pt"))
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "TQDM_DISABLE": "1"}
    if subject.release:
        (run / "hidden").mkdir()
        (run / "hidden" / "sitecustomize.py").write_text(_ABSENT, encoding="utf-8")
        environment["PYTHONPATH"] = str(run / "hidden")
    torch.manual_seed(0)
    save_torch(run / "pretrained.pt", UNet3D(base_channels=SMALL["base_channels"]).state_dict())
    commands = readme_commands(subject)
    for words in commands:
        _execute(_smaller(subject, words, run), run, environment)
    _check_outputs(run)
    return f"{len(commands)} commands"


def _execute(words: list[str], cwd: Path, environment: dict[str, str]) -> None:
    programs = {
        "python": [sys.executable],
        "torchrun": [sys.executable, "-m", "torch.distributed.run", "--standalone"],
    }
    command = [*programs[words[0]], *words[1:]]
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=LIMIT,
    )
    if done.returncode:
        command_line = " ".join(words[:6])
        raise UserError(f"`{command_line} ...` failed: {_reason(done.stderr)}")


def _reason(stderr: str) -> str:
    """The line of a failed command that a user should read."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip(" =-")] or ["no message"]
    errors = [line for line in lines if re.match(r"(\[rank\d\]:)?\s*(medssl:|[\w.]*Error\b)", line)]
    return (errors[0].split("medssl: ")[:2][-1] if errors else lines[-1])[:300]


def _check_outputs(run: Path) -> None:
    """Each kind of command leaves what it promises."""
    for path in (run / "trained" / MODEL, run / "trained" / METRICS):
        if not path.is_file():
            raise UserError(f"the commands ran, but wrote no {path.name}")
    if not read_evaluation(run / "trained"):
        raise UserError("evaluation wrote no metric")
    if not any((run / "eval").rglob("*.*")):
        raise UserError("inference wrote nothing")
