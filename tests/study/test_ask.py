"""The client that each run starts: light, and nothing without its server's word."""

import json
import os
import socket
import subprocess
import sys
import threading

import pytest

from medssl.study import ask as asking

pytestmark = pytest.mark.skipif(not hasattr(socket, "send_fds"), reason="needs POSIX")


def answered(place, answer, seen):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(place))
    listener.listen(1)

    def serve():
        client, _ = listener.accept()
        text, outputs, _, _ = socket.recv_fds(client, 4096, 2)
        seen.append(json.loads(text))
        os.write(outputs[0], b"working\n")
        client.sendall(answer)
        for one in (client, listener):
            one.close()
        for descriptor in outputs:
            os.close(descriptor)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


@pytest.mark.parametrize(("answer", "status"), [(b"0", 0), (b"1", 1), (b"", 1)])
def test_the_servers_word_is_the_status_and_its_output_comes_here(answer, status, tmp_path):
    seen = []
    thread = answered(tmp_path / "s", answer, seen)
    words = [sys.executable, "-m", "medssl.study.ask", "there", "key"]
    environment = {**os.environ, asking.SOCKET: str(tmp_path / "s")}
    done = subprocess.run(words, env=environment, capture_output=True, cwd=tmp_path, check=False)
    thread.join()
    assert (done.returncode, done.stdout) == (status, b"working\n")
    assert seen == [{"study": str(tmp_path / "there"), "key": "key"}]


def test_it_imports_neither_torch_nor_monai():
    code = "import sys, medssl.study.ask; print({'torch', 'monai', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_without_a_server_it_does_the_run_itself(monkeypatch):
    monkeypatch.delenv(asking.SOCKET, raising=False)
    calls = []
    monkeypatch.setattr("medssl.study.work.work", lambda *words: calls.append(words) or 0)
    assert asking.main(["there", "key"]) == 0
    assert calls == [("there", "key")]
