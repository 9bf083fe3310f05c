"""What a released bundle says about its weights, in its README and on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engines.provenance import validated

_SHOWN = 5
HEADING = "## Provenance"
_PREPARING = """## Preparing data without the project

Of the project's commands this archive carries `medssl prepare`, to be run in the bundle's folder:

```bash
cd bundles/{name}
python -m {package}.prepare --help
python -m {package}.prepare phantom --output raw    # synthetic scans to try it out
```
"""


def provenance_table(metadata: Mapping[str, Any], provenance: Mapping[str, Any]) -> str:
    """Markdown on the origin of the weights: data, settings, metrics, versions, checksums."""
    if not provenance.get("trained", True):
        return (
            "**These weights are untrained**: they were drawn at random from seed "
            f"{provenance['seed']}, to try the bundle out or to train it from scratch.\n"
        )
    run = provenance.get("run", {})
    epoch, figures = validated(provenance)
    rows = {
        "version": metadata["version"],
        "trained": run.get("started", "unknown"),
        "started from": ", before it ".join(_started_from(provenance)),
        "epochs": provenance.get("epoch", "unknown"),
        "steps": provenance.get("iteration", "unknown"),
        "seed": run.get("seed", "unknown"),
        "configuration (SHA-256)": provenance.get("config_sha256", "unknown"),
        "data list (SHA-256)": provenance.get("data_sha256", "unknown"),
        "licence of the data": data_licence(provenance),
        "licence of the weights": provenance.get("licence", "not stated"),
        "scans": ", ".join(f"{len(scans)} {split}" for split, scans in run.get("data", {}).items()),
        "packages": ", ".join(
            f"{name} {number}" for name, number in run.get("versions", {}).items()
        ),
        **{f"{name} (validation of epoch {epoch})": f"{v:.4g}" for name, v in figures.items()},
        **{f"{file} (SHA-256)": value for file, value in provenance.get("sha256", {}).items()},
    }
    lines = [
        "| | |",
        "|---|---|",
        *(f"| {key} | {value} |" for key, value in rows.items() if value),
    ]
    scans = [scan.get("id", "") for each in run.get("data", {}).values() for scan in each]
    if scans:
        more = f" and {len(scans) - _SHOWN} more" if len(scans) > _SHOWN else ""
        lines += ["", f"Scans: {', '.join(scans[:_SHOWN])}{more}; all of them are listed in"]
        lines += ["`models/provenance.json`."]
    return "\n".join(lines) + "\n"


def data_licence(provenance: Mapping[str, Any]) -> str:
    """The licences of the data that weights and their ancestors were trained on."""
    generations = [provenance.get("run", {}), *provenance.get("ancestors", [])]
    licences = {name: None for one in generations for name in one.get("licence", [])}
    return ", ".join(licences) or "not stated"


def _started_from(provenance: Mapping[str, Any]) -> list[str]:
    """The ancestors of the weights, the nearest first."""
    return [
        f"{one['name']} ({sum(map(len, one['data'].values()))} scans)"
        if one["data"] is not None
        else f"{one['name']} (origin unknown)"
        for one in provenance.get("ancestors", [])
    ]


def model_card(
    readme: str,
    metadata: Mapping[str, Any],
    provenance: Mapping[str, Any],
    name: str,
    package: str,
) -> str:
    """A bundle's README with what holds for the archive alone, before the commands.

    Args:
        readme: the README in the repository.
        metadata: of the bundle.
        provenance: of the weights that come with it.
        name: of the bundle.
        package: import name of the library in the archive.
    """
    section = f"{HEADING}\n\n{provenance_table(metadata, provenance)}\n"
    section += f"{_PREPARING.format(name=name, package=package)}\n"
    place = readme.find("## Commands")
    if place < 0:
        return f"{readme.rstrip()}\n\n{section}"
    return readme[:place] + section + readme[place:]
