"""Which classes a bundle's results hold, and as what."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any


def written_classes(config: Any) -> list[str] | list[int]:
    """Of each class the value in the bundle's masks; of classes of scans their names.

    The library that knows it is the one inside the bundle, whatever its name.

    Args:
        config: parser of the bundle's ``inference.json``. Without ``classes`` any value is the one
            class, written as 1.

    Raises:
        UserError: of that library: weights that are damaged, or classes that are none.
    """
    if "classes" not in config:
        return [1]
    classes = config.get_parsed_content("classes")
    if not isinstance(classes[0], list | tuple):
        return [str(name) for name in classes]
    library = type(config.get_parsed_content("trained")).__module__.partition(".")[0]
    return list(import_module(f"{library}.classes").read_classes(classes).values)


def own_names(metadata: dict[str, Any]) -> list[str]:
    """Names of the classes by the bundle's metadata, which name its output channels."""
    pred = metadata["network_data_format"]["outputs"]["pred"]
    channels = sorted(pred["channel_def"].items(), key=lambda item: int(item[0]))
    return [name for _, name in channels if name.lower() != "background"]


def trained_names(config: Any, own: Sequence[str]) -> list[str]:
    """Names of the classes as the weights were trained with them; else the bundle's own.

    Args:
        config: parser of the bundle's ``inference.json``.
        own: as :func:`own_names` gives them.

    Raises:
        UserError: as :func:`written_classes`.
    """
    if "classes" not in config or "trained" not in config:
        return list(own)
    classes, trained = (config.get_parsed_content(key) for key in ("classes", "trained"))
    library = import_module(f"{type(trained).__module__.partition('.')[0]}.classes")
    return list(library.called(own, trained.known.get("class_names") or (), classes))


def label_values(names: Sequence[str], written: Sequence[str] | Sequence[int]) -> dict[str, int]:
    """Names of the classes and their values in a label map.

    Args:
        names: as :func:`trained_names` gives them.
        written: as :func:`written_classes` gives them; names are numbered from 0.
    """
    if isinstance(written[0], str):
        return {str(name): number for number, name in enumerate(written)}
    names = [name.lower() for name in names]
    if len(set(names)) != len(written) or len(names) != len(written):
        names = [str(value) for value in written]  # weights of other classes than those
    return {name: int(value) for name, value in zip(names, written, strict=True)}
