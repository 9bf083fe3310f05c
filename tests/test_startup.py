"""What a start costs, by the modules that it imports: seconds would be those of the machine."""

import json
import subprocess
import sys

# Each takes a tenth of a second or more.
HEAVY = {"torch", "monai", "ignite", "numpy", "scipy", "numba", "itk", "skimage", "sklearn"} | {
    *("matplotlib", "pandas", "tensorboard", "mlflow", "nibabel", "pydicom", "blosc2", "snakemake")
}
HELP = """
import contextlib, inspect, io, json, sys
from medssl.cli import Commands, main
found, asked = {}, [[]]
def visit(commands, words):
    for name, each in inspect.getmembers(commands):
        if name.startswith("_"):
            continue
        asked.append([*words, name])
        if not callable(each):
            visit(each, [*words, name])
visit(Commands(), [])
for words in asked:
    sys.argv = ["medssl", *words, "--help"]
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        main()
    assert "SYNOPSIS" in output.getvalue(), words
    found[" ".join(words)] = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps(found))
"""


def printed(program: str, *given: str) -> object:
    """What a new process prints as JSON."""
    words = [sys.executable, "-W", "ignore", "-c", program, *given]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_help_of_every_command_imports_nothing_heavy():
    found = printed(HELP)
    assert {"prepare", "prepare images", "estimate", "pack", "doctor"} <= set(found)
    assert {words: HEAVY.intersection(modules) for words, modules in found.items()} == {
        words: set() for words in found
    }


REFUSED = """
import contextlib, io, json, sys
from pathlib import Path
from medssl.cli import main
class Noted(io.StringIO):
    first = None
    def write(self, text):
        self.first = self.first or sorted({name.partition(".")[0] for name in sys.modules})
        return super().write(text)
found = []
for words in json.loads(sys.argv[1]):
    sys.argv, said = ["medssl", *words], Noted()
    with contextlib.redirect_stderr(said):
        try:
            main()
        except SystemExit as end:
            found.append([said.getvalue() + str(end), said.first])
print(json.dumps([found, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def test_what_is_refused_is_said_before_torch_is_read_and_a_first_word_before_all(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.nii").write_bytes(b"")
    images = ["prepare", "images", str(tmp_path / "in"), str(tmp_path / "out")]
    asked = [[*images, "--shard", "merge/3"], [*images, "--workers", "99999"]]
    found, modules = printed(REFUSED, json.dumps(asked))
    (merge, first), (workers, _) = found
    assert merge.startswith(f"reading {tmp_path / 'in'} ...\n")
    assert "3 shards have not been prepared" in merge
    assert "99999 processes on" in workers
    assert HEAVY.intersection(first) == set()
    assert {"torch", "monai", "ignite", "mlflow"}.intersection(modules) == set()
