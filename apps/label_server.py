"""A MONAI Label server in a process of its own, and the few requests that people make of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

APPS = Path(__file__).resolve().parent
START_S, REQUEST_S = 120, 600


@dataclass(frozen=True)
class Server:
    """Requests to a running server."""

    url: str
    log: Path

    def _ask(self, method: str, path: str, **given: Any) -> requests.Response:
        answer = requests.request(method, f"{self.url}{path}", timeout=REQUEST_S, **given)
        if not answer.ok:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer

    def _infer(self, model: str, image: str, output: str, params: Any) -> requests.Response:
        form = {"params": (None, json.dumps(params))}
        return self._ask("POST", f"/infer/{model}?image={image}&output={output}", files=form)

    def info(self) -> dict[str, Any]:
        """Models, trainers and labels."""
        return dict(self._ask("GET", "/info/").json())

    def judge(self, model: str, image: str, **params: Any) -> dict[str, Any]:
        """What a model says of an image, as JSON."""
        return dict(self._infer(model, image, "json", params).json())

    def segment(self, model: str, image: str, target: Path, **params: Any) -> Path:
        """A model's label map of an image, written to ``target``."""
        target.write_bytes(self._infer(model, image, "image", params).content)
        return target

    def submit(self, image: str, label: Path, segments: Sequence[str] = ()) -> Any:
        """Upload a label map, as Slicer's button does, which sends the names of its segments."""
        info = [{"name": name, "idx": number} for number, name in enumerate(segments, start=1)]
        form = {"params": json.dumps({"label_info": info} if info else {})}
        with label.open("rb") as stream:
            return self._ask(
                "PUT", f"/datastore/label?image={image}", data=form, files={"label": stream}
            ).json()

    def train(self, model: str, **request: Any) -> None:
        """One training round, started as Slicer starts it; comes back when it is over."""
        self._ask("POST", f"/train/{model}", json=request)
        while (task := self._ask("GET", "/train/").json())["status"] in ("SUBMITTED", "RUNNING"):
            time.sleep(1)
        if task["status"] != "DONE":
            raise RuntimeError(f"train {model}: {task['details'][-1][:300]}; {self.log} has more")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(python: Path, app: Path, studies: Path, log: Path) -> Iterator[Server]:
    """Start the server on 127.0.0.1, wait until it answers, and stop it in any case.

    Args:
        python: interpreter of the environment of apps/requirements-label.txt.
        app: folder of the app, with bundles in ``model/``.
        studies: folder of scans.
        log: file for what the server prints.

    Raises:
        RuntimeError: it did not start; the message names the log.
    """
    port = _free_port()
    command = [python, "-m", "monailabel.main", "start_server", "--app", app, "--studies", studies]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdout=stream,
            stderr=subprocess.STDOUT,
            cwd=app,
            start_new_session=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONPATH": ""},  # not this medssl
        )
        try:
            server = Server(f"http://127.0.0.1:{port}", log)
            _wait(server, process, log)
            yield server
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(requests.ConnectionError):
            server.info()
            return
        time.sleep(0.5)
    raise RuntimeError(f"the server did not start; {log} says why")
