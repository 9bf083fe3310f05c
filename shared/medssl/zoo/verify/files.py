"""Checks that read files and run nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ...engines.model_file import MODEL
from ...engines.provenance import PROVENANCE
from ...errors import UserError
from ...files import sha256_of
from ..library import NAME, package_name
from ..pack import requirements
from ..weights import SCRIPTED
from .subject import Subject

SCHEMA = Path(__file__).resolve().parents[1] / "schema" / "meta_schema_20240725.json"
CONFIGS = ("metadata", "train", "evaluate", "inference", "multi_gpu_train")
PRESET = "paper"  # overlay of the bundles whose README speaks of it
FILES = (
    *("LICENSE", "docs/README.md", "docs/data_license.txt", "configs/logging.conf"),
    *(f"configs/{name}.json" for name in CONFIGS),
)
RELEASED = (f"models/{MODEL}", f"models/{SCRIPTED}", f"models/{PROVENANCE}", "requirements.txt")
LARGEST = 25 << 20  # bytes; the model zoo's limit for a file in its repository
# The vocabulary of MONAI and the keys that users of all bundles may rely on.
TRAIN_KEYS = (
    *("bundle_root", "device", "dataset_dir", "output_dir", "seed", "base_channels"),
    *("batch_norm", "crop_size", "max_epochs", "batch_size", "amp", "compile"),
    *("network_def", "network", "loss", "optimizer", "initialize", "run"),
    *(f"train#{key}" for key in ("preprocessing", "dataset", "dataset#data", "dataloader")),
    *(f"train#{key}" for key in ("inferer", "handlers", "key_metric", "trainer")),
    *(f"validate#{key}" for key in ("dataset", "dataset#data", "dataloader", "inferer")),
    *(f"validate#{key}" for key in ("key_metric", "handlers", "evaluator")),
)
TASK_KEYS = ("pretrained", "transfer_parts", "scheme", "label_fraction", "augmentation")
INFERENCE_KEYS = (
    *("bundle_root", "device", "dataset_dir", "network_def", "network", "preprocessing"),
    *("dataset", "dataset#data", "dataloader", "inferer", "postprocessing", "evaluator", "run"),
)
# Places on one machine; a slash before would make it part of a URL or of a longer path.
_ABSOLUTE = re.compile(
    r"(?<![\w./:~-])(?:/(?:home|Users|root|tmp|mnt|media|scratch|var|opt|srv|work|workspace)/\w|"
    r"[A-Za-z]:\\{1,2}\w)"
)
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


def check_files(subject: Subject) -> str:
    """All files that the zoo and the project expect."""
    preset = f"configs/{PRESET}.json"
    readme = subject.folder / "docs" / "README.md"
    named = readme.is_file() and preset in readme.read_text(encoding="utf-8")
    wanted = (*FILES, *([preset] if named else ()), *(RELEASED if subject.release else ()))
    missing = [name for name in wanted if not (subject.folder / name).is_file()]
    if missing:
        raise UserError(f"missing: {', '.join(missing)}")
    return f"{len(wanted)} files"


def check_name(subject: Subject) -> str:
    """A name that MONAI's downloads can tell from its version."""
    name = subject.name
    if not _NAME.fullmatch(name):
        raise UserError(f"{name}: expected lower-case words joined by underscores")
    if re.search(r"_v", name):
        raise UserError(f"{name}: MONAI splits names at `_v`; choose a name without it")
    if subject.release and subject.release[0] != name:
        raise UserError(f"the archive of {subject.release[0]} holds {name}")
    return name


def check_version(subject: Subject, used: frozenset[str] = frozenset()) -> str:
    """A version that sorts as text, stands in the changelog and is not released yet."""
    metadata = subject.metadata
    version = str(metadata.get("version"))
    if not re.fullmatch(r"\d\.\d\.\d", version):
        raise UserError(
            f"version: {version!r}, expected three single digits such as 0.1.0, because MONAI "
            "sorts versions as text"
        )
    changelog = metadata.get("changelog")
    if not isinstance(changelog, dict) or version not in changelog:
        raise UserError(f"changelog: no entry for {version}; say in it what changed")
    if max(changelog) != version:
        raise UserError(f"version: {version}, but the changelog goes up to {max(changelog)}")
    if f"{subject.name}_v{version}" in used:
        raise UserError(f"version: {version} is released already; choose a new one")
    if subject.release and subject.release[1] != version:
        raise UserError(f"the archive of version {subject.release[1]} holds {version}")
    return version


def check_metadata(subject: Subject) -> str:
    """``metadata.json`` against MONAI's schema; the message names the key."""
    from jsonschema import Draft201909Validator

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    metadata = subject.metadata
    errors = sorted(
        Draft201909Validator(schema).iter_errors(metadata), key=lambda error: list(error.path)
    )
    if errors:
        where = ".".join(str(part) for part in errors[0].absolute_path) or "metadata.json"
        more = f"; {len(errors) - 1} more" if len(errors) > 1 else ""
        raise UserError(f"{where}: {errors[0].message[:200]}{more}")
    network = metadata["network_data_format"]
    for side, key in (("inputs", "image"), ("outputs", "pred")):
        if next(iter(network[side]), None) != key:
            raise UserError(f"network_data_format.{side}: MONAI expects {key!r} first")
    if not str(metadata["schema"]).endswith(SCHEMA.name):
        raise UserError(f"schema: {metadata['schema']}, expected MONAI's {SCHEMA.name}")
    return SCHEMA.stem


def _has(config: dict[str, object], key: str) -> bool:
    node: object = config
    for part in key.split("#"):
        if not isinstance(node, dict) or part not in node:
            return False
        node = node[part]
    return True


def check_keys(subject: Subject) -> str:
    """The keys of MONAI's vocabulary and of this project's users."""
    train, inference = subject.config("train"), subject.config("inference")
    wanted = TRAIN_KEYS if subject.name.startswith("pretrain_") else TRAIN_KEYS + TASK_KEYS
    missing = [f"train.json {key}" for key in wanted if not _has(train, key)]
    missing += [f"inference.json {key}" for key in INFERENCE_KEYS if not _has(inference, key)]
    if missing:
        raise UserError(f"missing keys: {', '.join(missing)}")
    handlers = train["train"]["handlers"]
    if not (isinstance(handlers, list) and all(isinstance(item, dict) for item in handlers)):
        raise UserError("train#handlers: MONAI Label needs a literal list of objects")
    has_preset = (subject.folder / "configs" / f"{PRESET}.json").is_file()
    for name in ("evaluate", "multi_gpu_train", *([PRESET] if has_preset else ())):
        if len(json.dumps(subject.config(name))) > len(json.dumps(train)) / 2:
            raise UserError(f"configs/{name}.json: expected a small overlay of train.json")
    return f"{len(wanted) + len(INFERENCE_KEYS)} keys"


def check_paths(subject: Subject) -> str:
    """No path of one machine, and in a release no name of the library but its own."""
    texts = [
        path
        for path in sorted(subject.folder.rglob("*"))
        if path.suffix in {".json", ".md", ".txt", ".conf", ".py"} and path.is_file()
    ]
    for path in texts:
        text = path.read_text(encoding="utf-8")
        inside = path.relative_to(subject.folder)
        if inside.parts[0] == "docs":  # pages speak of users' own folders, such as /path/to/scans
            text = text.replace("/path/to/", "")
        if match := _ABSOLUTE.search(text):
            line = text.count("\n", 0, match.start()) + 1
            raise UserError(f"{inside}, line {line}: a path of one machine ({match[0]}...)")
        if subject.release and inside.parts[0] == "configs" and f'"{NAME}.' in text:
            raise UserError(f"{inside}: refers to {NAME}, which is not in the archive; pack again")
    return f"{len(texts)} texts"


def check_sizes(subject: Subject) -> str:
    """No file above the zoo's limit; weights travel in the archive, not in the repository."""
    sizes = {
        path.relative_to(subject.folder).as_posix(): path.stat().st_size
        for path in subject.folder.rglob("*")
        if path.is_file() and path.relative_to(subject.folder).parts[0] not in ("models", "eval")
    }
    large = [f"{name} ({size >> 20} MiB)" for name, size in sizes.items() if size > LARGEST]
    if large:
        raise UserError(f"larger than 25 MiB: {', '.join(large)}")
    return f"{sum(sizes.values()) / 2**20:.1f} MiB without weights"


def check_release(subject: Subject) -> str:
    """Provenance, checksums, requirements and the library of a released zip."""
    if subject.release is None:
        return "not packed"
    models = subject.folder / "models"
    provenance = json.loads((models / PROVENANCE).read_text(encoding="utf-8"))
    for name, sha256 in provenance["sha256"].items():
        if sha256_of(models / name) != sha256:
            raise UserError(f"models/{name}: SHA-256 differs from {PROVENANCE}'s; pack it again")
    written = (subject.folder / "requirements.txt").read_text(encoding="utf-8")
    if written != requirements(subject.metadata):
        raise UserError("requirements.txt: not what the metadata name; pack it again")
    package = package_name(*subject.release)
    if not (subject.folder / package / "__init__.py").is_file():
        raise UserError(f"no library named {package} in it; pack it again")
    return "trained" if provenance.get("trained") else "untrained weights"
