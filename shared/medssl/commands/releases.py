"""Commands on released bundles."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from ..errors import UserError


class Releases:
    """Packing, listing and fetching bundles."""

    def pack(
        self,
        bundle: str | None = None,
        output: str = "dist",
        all: bool = False,
        models: str | None = None,
        allow_untrained: bool = False,
        bundles: str | None = None,
        licence: str = "Apache-2.0",
    ) -> None:
        """Write <name>_v<version>.zip, which runs without this repository.

        Args:
            bundle: folder of the bundle.
            output: folder to write to.
            all: pack every bundle.
            models: folder with the trained weights; default the bundle's own.
            allow_untrained: pack freshly initialised weights where there are no trained ones.
            bundles: folder of the bundles; by default the one beside the installed library.
            licence: of the weights; that of the data comes from the folder they learned from.
        """
        from ..analysis.bundles import find_bundles
        from ..zoo import pack

        if (bundle is None) != all:
            raise UserError("pack: expected the folder of a bundle, or --all")
        for folder in find_bundles(bundles) if bundle is None else [Path(bundle)]:
            path = pack(folder, output, models, allow_untrained, licence)
            print(f"{path}: {path.stat().st_size / 2**20:.1f} MiB", flush=True)

    def index(self, folder: str, base_url: str = "") -> None:
        """Write model_info.json and the gallery index.html of a folder of released bundles.

        Args:
            folder: holds the zips.
            base_url: where they will be fetched from; the folder itself by default.
        """
        from ..zoo import write_index

        print(f"written: {write_index(folder, base_url)} and index.html")

    def fetch(self, name: str, source: str, folder: str = "bundles", version: str = "") -> None:
        """Download a released bundle, check its SHA-256, unpack it.

        Args:
            name: of the bundle, for example pretrain_simclr.
            source: URL, folder, or github:owner/repo@tag.
            folder: where to put it.
            version: default the latest.
        """
        from ..zoo import fetch

        place = fetch(name, source, folder, version)
        print(f"unpacked: {place}; whoever runs or verifies it runs the code in it")

    def push(self, source: str, hub: str, public: bool = False) -> None:
        """Verify a released zip and put it on the Hugging Face Hub, tagged with its version.

        It runs the code that is in it: push only what you would run.

        Args:
            source: zip that `medssl pack` wrote.
            hub: repository there, owner/name.
            public: make a new repository public.
        """
        from ..zoo.push import push

        print("running the code that is in this bundle", file=sys.stderr, flush=True)
        print(f"uploaded: {push(source, hub, not public)}")

    def verify(
        self,
        *sources: str,
        all: bool = False,
        quick: bool = False,
        released: str | None = None,
        bundles: str | None = None,
    ) -> None:
        """Check bundles as the model zoo's CI does, and by this project's rules.

        It runs the code that is in them: verify only what you would run.

        Args:
            sources: bundle folders or released zips.
            all: verify every bundle.
            quick: leave out running the README's commands, which takes a minute a bundle.
            released: a model_info.json; versions in it must not be used again.
            bundles: folder of the bundles; by default the one beside the installed library.
        """
        from ..analysis.bundles import find_bundles, read_json
        from ..zoo.verify import CHECKS, QUICK, run_checks, table

        if bool(sources) == all:
            raise UserError("verify: expected bundle folders or zips, or --all")
        used = frozenset(read_json(Path(released)) if released else ())
        results = []
        print("running the code that is in these bundles", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            for source in find_bundles(bundles) if all else sources:
                names = QUICK if quick else tuple(CHECKS)
                results += run_checks(source, Path(folder), names, used)
        print(table(results))
        failed = sum(not result.passed for result in results)
        print(f"{len(results) - failed} passed, {failed} failed")
        if failed:
            raise SystemExit(1)

    def card(self, source: str) -> None:
        """Say where a bundle's weights come from.

        Args:
            source: a bundle's folder or a released zip.
        """
        from ..engines.provenance import read_provenance
        from ..zoo import provenance_table, read_metadata, read_release

        path = Path(source)
        if path.suffix == ".zip":
            release = read_release(path)
            print(provenance_table(release.metadata, release.provenance), end="")
            return
        provenance = read_provenance(path)
        if provenance is None:
            raise UserError(f"{path}: no models/provenance.json in it; train the bundle first")
        print(provenance_table(read_metadata(path), provenance), end="")
