"""Any exception in one line that names its cause."""

import torch
from torch.utils.data import DataLoader, Dataset

from medssl.errors import UserError, one_line


class Failing(Dataset):
    """Fails with an error that has a cause of its own."""

    def __init__(self, cause):
        self.cause = cause

    def __len__(self):
        return 1

    def __getitem__(self, index):
        try:
            raise self.cause
        except type(self.cause) as error:
            raise RuntimeError(f"transform of item {index} failed") from error


def raised(call):
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing raised")


def through(cause, workers):
    loader = DataLoader(Failing(cause), num_workers=workers)
    return one_line(raised(lambda: list(loader)))


def test_a_worker_s_error_keeps_its_cause():
    cause = OSError(28, "No space left on device")
    for workers in (0, 1):
        assert through(cause, workers) == "OSError: [Errno 28] No space left on device"
    assert through(KeyError(), 1) == "KeyError: "


def test_a_worker_s_error_of_another_module_is_named():
    error = torch.OutOfMemoryError("tried to allocate 37 TB\nand more")
    assert through(error, 1).endswith("OutOfMemoryError: tried to allocate 37 TB")


def test_what_a_user_should_read_comes_first():
    for workers in (0, 1):
        assert through(UserError("x.nii: broken"), workers) == "x.nii: broken"
