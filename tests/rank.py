"""One of two gloo ranks: ``python -m tests.rank FOLDER RANK`` for ``helpers.on_two_ranks``."""

import pickle
import sys
from datetime import timedelta
from pathlib import Path

import torch
from torch import distributed

from medssl.engines import leave_process_group

RANKS = 2


def main(folder: Path, rank: int) -> None:
    """Do the pickled work of the folder and leave there what it returns."""
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo",
        init_method=f"file://{folder / 'store'}",
        rank=rank,
        world_size=RANKS,
        timeout=timedelta(seconds=60),
    )
    work = pickle.loads((folder / "work.pkl").read_bytes())
    torch.save(work(rank), folder / f"{rank}.pt")
    distributed.barrier()  # one that is slow to connect would find the other gone
    leave_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
