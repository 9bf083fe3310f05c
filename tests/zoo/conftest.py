"""A tiny trained bundle, packed once, and a server of it on the loopback interface."""

import contextlib
import functools
import http.server
import shutil
import threading
from pathlib import Path

import pytest
from monai.bundle import run

from medssl.phantom import prepare_phantom
from medssl.sources import prepare_images
from medssl.zoo import pack, write_index
from medssl.zoo.verify import Subject
from medssl.zoo.verify.small import phantom

from ..bundles.conftest import BUNDLES, arguments, tiny
from ..helpers import made_once

SPACING = 3.0
NAME = "pretrain_simclr"


@pytest.fixture(scope="session")
def scans(tmp_path_factory) -> Path:
    """Raw phantom scans."""

    def make(folder: Path) -> None:
        prepare_phantom(folder, scans=4, seed=5, spacing=SPACING, workers=1)

    return made_once(tmp_path_factory, "scans_to_release", make)


@pytest.fixture(scope="session")
def data(tmp_path_factory, scans) -> Path:
    """The same, prepared."""
    patterns = {"images": "subset*/*.mhd", "labels": "nodule_masks/*.nii.gz"}
    shares = {"fractions": (0.5, 0.25, 0.25), "licence": "none, synthetic"}

    def make(folder: Path) -> None:
        prepare_images(scans, folder, **patterns, spacing=SPACING, **shares, workers=1)

    return made_once(tmp_path_factory, "data_to_release", make)


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory) -> Path:
    """What checks of a bundle learn from; this worker's copy, as they make more of it."""

    def make(folder: Path) -> None:
        phantom(Subject(BUNDLES / NAME, folder, folder))

    made = made_once(tmp_path_factory, "phantoms_to_verify", make)
    return shutil.copytree(made, tmp_path_factory.mktemp("verify") / "phantoms")


@pytest.fixture(scope="session")
def releases(tmp_path_factory, data) -> Path:
    """A folder with a pretraining bundle and a task bundle, trained for one epoch and packed."""

    def make(output: Path) -> None:
        models = tmp_path_factory.mktemp("models")
        with contextlib.chdir(models):
            for name in ("pretrain_simclr", "lung_nodule_ct_segmentation"):
                settings = {**tiny(name), "output_dir": str(models / name)}
                run(**arguments(name, ["train"], data, **settings))
                pack(BUNDLES / name, output, models / name)

    return made_once(tmp_path_factory, "releases", make)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def served(releases, tmp_path):
    """A copy of the releases, its index, and the URL that serves it."""
    folder = tmp_path / "served"
    shutil.copytree(releases, folder)
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        write_index(folder, url)
        yield folder, url
        server.shutdown()
