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


def printed(program: str) -> object:
    """What a new process prints as JSON."""
    words = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_help_of_every_command_imports_nothing_heavy():
    found = printed(HELP)
    assert {"prepare", "prepare images", "estimate", "pack", "doctor"} <= set(found)
    assert {words: HEAVY.intersection(modules) for words, modules in found.items()} == {
        words: set() for words in found
    }
