"""The precision that a device is fast in, and those that it is refused."""

import os
import subprocess
import sys

import pytest
import torch

from medssl.engines import chosen_precision
from medssl.engines.precision import cpu_has_bf16
from medssl.errors import UserError

OLD = "processor\t: 0\nflags\t\t: fpu avx2 avx512f avx512_vnni\n"
NEW = "processor\t: 0\nflags\t\t: fpu avx512f {} la57\n"


def become(monkeypatch, bf16: bool) -> None:
    """Give this machine a CPU with or without bf16."""
    monkeypatch.setattr("medssl.engines.precision.cpu_has_bf16", lambda: bf16)


@pytest.mark.parametrize(
    ("text", "has"),
    [(NEW.format("avx512_bf16"), True), (NEW.format("amx_bf16"), True), (OLD, False), ("", False)],
)
def test_the_instruction_set_is_read(tmp_path, monkeypatch, text, has):
    monkeypatch.setattr("medssl.engines.precision._onednn_takes_bf16", lambda: True)
    (tmp_path / "cpuinfo").write_text(text)
    assert cpu_has_bf16(tmp_path / "cpuinfo") == has
    assert not cpu_has_bf16(tmp_path / "none")


def test_what_onednn_does_not_take_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr("medssl.engines.precision._onednn_takes_bf16", lambda: False)
    (tmp_path / "cpuinfo").write_text(NEW.format("amx_bf16"))
    assert not cpu_has_bf16(tmp_path / "cpuinfo")


@pytest.mark.slow
def test_a_cpu_held_to_older_instructions_runs_in_float32():
    """Convolutions in bf16 would take seconds there, whatever the CPU could do."""
    words = "from medssl.engines import chosen_precision; print(chosen_precision('auto', 'cpu'))"
    held = {**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2"}
    said = subprocess.run([sys.executable, "-c", words], env=held, capture_output=True, check=True)
    assert said.stdout.split() == [b"off"]


@pytest.mark.skipif("ONEDNN_MAX_CPU_ISA" in os.environ, reason="oneDNN is held")
@pytest.mark.skipif(not hasattr(torch.cpu, "get_capabilities"), reason="an older torch")
def test_it_is_what_torch_finds():
    found = torch.cpu.get_capabilities()
    assert cpu_has_bf16() == any(found.get(flag, False) for flag in ("avx512_bf16", "amx_bf16"))


def test_a_cpu_with_bf16_uses_it(monkeypatch):
    become(monkeypatch, True)
    assert chosen_precision("auto", torch.device("cpu")) == "bf16"
    assert chosen_precision("bf16", "cpu") == "bf16"
    assert chosen_precision("off", "cpu") == "off"


def test_a_cpu_without_bf16_stays_in_float32_and_refuses_it_in_one_line(monkeypatch):
    become(monkeypatch, False)
    assert chosen_precision("auto", "cpu") == "off"
    with pytest.raises(UserError, match=r"^amp: bf16 on a CPU without .* use 'auto' or 'off'$"):
        chosen_precision("bf16", "cpu")


def test_auto_leaves_out_crops_that_bf16_on_a_cpu_learns_wrongly_from(monkeypatch):
    become(monkeypatch, True)
    found = {side: chosen_precision("auto", "cpu", [side, 64, 64]) for side in (8, 16, 24, 64)}
    assert found == {8: "off", 16: "off", 24: "bf16", 64: "bf16"}


@pytest.mark.parametrize(("has", "found"), [(True, "bf16"), (False, "fp16")])
def test_a_gpu_uses_what_it_computes_in(monkeypatch, has, found):
    asked = []
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **how: asked.append(how) or has)
    assert chosen_precision("auto", "cuda:0", [16, 16, 16]) == found
    assert asked == [{"including_emulation": False}]
    assert chosen_precision("fp16", "cuda") == "fp16"


def test_other_devices_stay_in_float32():
    assert chosen_precision("auto", "mps") == "off"


@pytest.mark.parametrize("amp", ["half", "True", True])
def test_unknown_precision_is_named(amp):
    with pytest.raises(UserError, match=r"^amp: expected one of \['auto', 'off', 'bf16', 'fp16'\]"):
        chosen_precision(amp, "cpu")


def test_fp16_without_gpu_is_refused():
    with pytest.raises(UserError, match="needs a CUDA device"):
        chosen_precision("fp16", "cpu")
