"""Reading and writing network weights: flat state dicts, safely loaded, loudly checked."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import safetensors.torch
import torch
from monai.networks.utils import copy_model_state
from torch import Tensor, nn

from .archives import open_release
from .errors import UserError
from .files import sha256_of, sha256_of_stream, write_atomically, writing

Weights = dict[str, Tensor]


def save_torch(path: Path, content: Any) -> None:
    """``torch.save`` to a temporary name, then rename; the same content gives the same bytes."""
    write_atomically(path, lambda temporary: write_torch(temporary, content))


def write_torch(path: Path, content: Any) -> None:
    """``torch.save`` to a file whose bytes do not depend on its name, as they do of a path."""
    with path.open("wb") as stream:
        torch.save(content, stream)


def load_torch(path: Path) -> Any:
    """``torch.load`` of plain tensors and containers on the CPU.

    The CRC-32 that torch writes for every tensor is compared first; torch itself does not look.

    Raises:
        UserError: missing, truncated, damaged or not a plain-tensor file.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        _check_crcs(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).strip().splitlines()[0][:160] if str(error).strip() else "unreadable"
        raise UserError(
            f"{path}: not a readable PyTorch file of plain tensors (truncated, or it holds Python "
            f"objects; then save its state dict alone where you trust it): {reason}"
        ) from error


def _check_crcs(path: Path) -> None:
    """Raise where an entry of the archive is changed; files of torch before 1.6 have none."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"entry {entry.filename!r} is compressed, which torch never does")
        if (damaged := archive.testzip()) is not None:
            raise ValueError(f"entry {damaged!r} is damaged, its checksum differs")


def read_checkpoint(source: str | Path, file: str = "model.pt") -> Any:
    """Read whatever a weight file holds, on the CPU.

    Args:
        source: a bundle folder (its models/model.pt), a released zip, a ``.safetensors`` file or a
            PyTorch file, whatever its suffix.
        file: which file of a bundle folder or zip to read.

    Raises:
        UserError: the file is missing or damaged.
    """
    path = _file_of(source, file)
    if path.suffix == ".zip":
        return _read_zip(path, file)
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    return load_torch(path)


def weights_sha256(source: str | Path, file: str = "model.pt") -> str:
    """SHA-256 of the very bytes that :func:`read_checkpoint` reads, wherever they lie.

    A bundle folder, its released zip and the bare weight file give the same.

    Args:
        source: as for :func:`read_checkpoint`.
        file: which file of a bundle folder or zip.

    Raises:
        UserError: there is no such file, or the zip is damaged.
    """
    path = _file_of(source, file)
    if path.suffix == ".zip":
        with _member(path, file) as stream:
            return sha256_of_stream(stream)
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    return sha256_of(path)


def weight_file(source: str | Path, file: str = "model.pt") -> Path:
    """The file that ``source`` names; it need not be there.

    Args:
        source: weight file, released zip, folder of a run or of a bundle.
        file: the one to take of a folder: of its ``models`` where that has one, or where the folder
            is a bundle's and has none itself; else its own.
    """
    path = Path(source)
    if not path.is_dir():
        return path
    inner, own = path / "models" / file, path / file
    untrained = (path / "configs").is_dir() and not own.is_file()
    return inner if inner.is_file() or untrained else own


def _file_of(source: str | Path, file: str) -> Path:
    """The file to read; a folder must have it."""
    path = weight_file(source, file)
    if Path(source).is_dir() and not path.is_file():
        others = "" if file == "model.pt" else f" (few methods write {file})"
        raise UserError(f"{source}: no models/{file} in it; train the bundle first{others}")
    return path


def read_weights(source: str | Path) -> Weights:
    """Read a flat state dict.

    Nested checkpoints under "state_dict", "model" or "network" and the prefix "module." of wrapped
    networks are unpacked.

    Args:
        source: as for :func:`read_checkpoint`.

    Raises:
        UserError: the file is missing, damaged or holds no weights.
    """
    return _flatten(read_checkpoint(source), Path(source))


@contextmanager
def _member(path: Path, file: str) -> Iterator[IO[bytes]]:
    """The weights inside a released zip."""
    with open_release(path) as (archive, top):
        name = f"{top}/models/{file}"
        if name not in archive.namelist():
            raise UserError(f"{path}: no {name} in it; give a released bundle")
        with archive.open(name) as stream:
            yield stream


def _read_zip(path: Path, file: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / file
        with _member(path, file) as stream, writing(target), target.open("wb") as copy:
            shutil.copyfileobj(stream, copy)
        return load_torch(target)


def _read_safetensors(path: Path) -> Weights:
    try:
        return dict(safetensors.torch.load_file(path))
    except Exception as error:
        raise UserError(f"{path}: not a readable safetensors file ({error})") from error


def _flatten(content: Any, path: Path) -> Weights:
    for key in ("state_dict", "model", "network"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping):
        raise UserError(f"{path}: expected a state dict, found {type(content).__name__}")
    weights = {
        str(name).removeprefix("module."): value
        for name, value in content.items()
        if isinstance(value, Tensor)
    }
    if not weights:
        raise UserError(f"{path}: holds no weights")
    for name, value in weights.items():
        if _announced(value):
            raise UserError(
                f"{path}: '{name}' announces {tuple(value.shape)} numbers, more than it holds; do "
                "not use it"
            )
    return weights


def _announced(value: Tensor) -> bool:
    """Whether a tensor repeats what it stores, as none that was trained does.

    A file of a kilobyte can so hold one that no memory takes.
    """
    if value.layout is not torch.strided:
        return True
    return value.numel() * value.element_size() > value.untyped_storage().nbytes()


def refuse_non_finite(weights: Mapping[str, Tensor], source: str | Path) -> None:
    """Refuse weights that no network can use.

    Raises:
        UserError: the first tensor that holds NaN or infinity.
    """
    for name, value in weights.items():
        # A sum is finite only if all its terms are; the exact look is for those that overflow.
        if not value.is_floating_point() or bool(value.sum().isfinite()):
            continue
        if not bool(value.isfinite().all()):
            raise UserError(
                f"{source}: '{name}' holds values that are not finite; the training diverged, "
                "train again with a lower learning_rate"
            )


def load_exactly(network: nn.Module, weights: Mapping[str, Tensor], source: str | Path) -> None:
    """Load ``weights`` into ``network``; every name and shape must agree.

    Raises:
        UserError: one line that counts the differences and names the first, or the first tensor
            that is not finite.
    """
    expected = network.state_dict()
    problems = [f"'{name}' is missing" for name in expected if name not in weights]
    problems += [f"'{name}' is not in the network" for name in weights if name not in expected]
    problems += [
        f"'{name}' has shape {tuple(value.shape)}, the network wants {tuple(expected[name].shape)}"
        for name, value in weights.items()
        if name in expected and expected[name].shape != value.shape
    ]
    if problems:
        raise UserError(
            f"{source}: weights of another network ({len(problems)} of {len(expected)} entries "
            f"differ; first: {problems[0]}); check base_channels and network_def"
        )
    refuse_non_finite(weights, source)
    copy_model_state(network, dict(weights))
