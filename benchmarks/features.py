"""What frozen features of pretrained encoders know, beside the same network untrained.

    python benchmarks/features.py --data DIR [--methods rotation ...] [--seeds 0 1 2]
        [--work runs/learning] [--output docs/features.json]

Reads the finished runs of ``learning.py``, which prepared DIR. Crops come from scans that a run
did not train on and, for one question, from synthetic chests. Each question is answered by a linear
classifier and by nearest neighbours, always without the patient in question; the figures go to the
JSON, which ``features_page.py`` shows in docs/features.md. Stopped, it goes on: what was answered
for the same weights is not asked again, as long as the JSON lies there.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from features_asked import Asked, Features, answer, described
from features_crops import held_out, scan_crops
from features_masks import SPACING_MM, Crop, phantom_crops
from learning import METHODS, RESULT, add_run, bundle_name, prepared
from medssl.engines import Trained
from medssl.engines.identity import versions
from medssl.files import write_json
from medssl.networks import FeatureEncoder
from medssl.transfer import transfer


class Asking:
    """Asks run by run; crops, untrained networks and grey values are shared.

    Args:
        data: folder that was prepared.
        work: folder of the runs and of the prepared scans. All are asked of the same crops of
            64 mm, which a network sees at the voxel size that it was trained at.
    """

    def __init__(self, data: Path, work: Path) -> None:
        self.data, self.work = data, work
        self._asked: dict[tuple[Any, ...], Asked] = {}

    @cached_property
    def phantoms(self) -> list[Crop]:
        """Crops of the synthetic chests."""
        return phantom_crops()

    def of(self, trained: Trained) -> Asked:
        """The crops for a run, as its network sees them."""
        records = held_out(prepared(self.work, SPACING_MM), trained.provenance)
        window, width = trained["window"], trained["base_channels"]
        coarser = round(trained["spacing"][0] / SPACING_MM)
        key = (*(record["id"] for record in records), *window, width, coarser)
        if key not in self._asked:
            crops = [*scan_crops(self.data, records), *self.phantoms]
            self._asked = {key: Asked(crops, window, width, coarser)}
        return self._asked[key]

    def features(self, run: Path) -> Features:
        """What a finished run's encoder makes of its crops."""
        asked = self.of(Trained(run))
        network = FeatureEncoder(asked.base_channels)
        transfer(run, network, "encoder")
        return asked.features(network)

    def ask(self, run: Path) -> dict[str, Any]:
        """All answers of one finished run."""
        trained = Trained(run)
        asked, features = self.of(trained), self.features(run)
        return {
            "seed": int(trained.provenance["run"]["seed"]),
            "weights": weights_of(run),
            "questions": {name: described(each) for name, each in asked.questions.items()},
            "answers": {name: answer(asked, name, features) for name in asked.questions},
        }

    def ask_together(self, runs: Sequence[Path]) -> dict[str, Any]:
        """The mean answers of a method's seeds, which share their held-out scans."""
        asked = self.of(Trained(runs[0]))
        features = [self.features(run) for run in runs]
        return {
            "weights": [weights_of(run) for run in runs],
            "answers": {name: answer(asked, name, *features) for name in asked.questions},
        }


def weights_of(run: Path) -> str:
    """SHA-256 of a run's weights."""
    return str(Trained(run).provenance["sha256"]["model.pt"])


def finished(
    work: Path, methods: Sequence[str], seeds: Sequence[int]
) -> Iterator[tuple[str, Path]]:
    """Bundle and folder of the runs that ``learning.py`` has finished."""
    for name in methods:
        bundle = bundle_name(name)
        for seed in seeds:
            run = work / f"{bundle}_{seed}"
            if (run / RESULT).is_file() and (run / "model.pt").is_file():
                yield bundle, run


def main() -> None:
    """Ask what is not answered yet, and write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--methods", nargs="+", default=METHODS)
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options.add_argument("--work", type=Path, default=Path("runs/learning"))
    options.add_argument("--output", type=Path, default=Path("docs/features.json"))
    arguments = options.parse_args()
    logging.disable(logging.WARNING)
    written = arguments.output
    known = json.loads(written.read_text(encoding="utf-8")) if written.is_file() else {}
    runs, together = known.get("runs", {}), known.get("together", {})
    asking = Asking(arguments.data.resolve(), arguments.work.resolve())
    seeds: dict[str, list[Path]] = {}
    for bundle, run in finished(asking.work, arguments.methods, arguments.seeds):
        seeds.setdefault(bundle, []).append(run)
        if any(each["weights"] == weights_of(run) for each in runs.get(bundle, [])):
            continue
        found = asking.ask(run)
        add_run(runs, bundle, found)
        write_json(written, {"runs": runs, "together": together, "versions": versions()})
        print(f"{bundle} seed {found['seed']}: {_shown(found)}", flush=True)
    for bundle, own in seeds.items():
        if len(own) < 2 or together.get(bundle, {}).get("weights") == list(map(weights_of, own)):
            continue
        together[bundle] = asking.ask_together(own)
        write_json(written, {"runs": runs, "together": together, "versions": versions()})
        print(f"{bundle}, {len(own)} seeds: {_shown(together[bundle])}", flush=True)


def _shown(found: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} {values['linear']['ours'][0]:.2f} ({values['linear']['untrained'][0]:.2f} "
        f"untrained, {values['linear']['grey'][0]:.2f} grey)"
        for name, values in found["answers"].items()
    )


if __name__ == "__main__":
    main()
