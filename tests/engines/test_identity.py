"""What makes a run another run."""

from medssl.engines import identity


def test_tracking_does_not_make_another_run():
    plain = {"train": {"handlers": [{"_target_": "StatsHandler"}]}}
    tracked = {"train": {"handlers": [{"_target_": "StatsHandler"}, {"_target_": "MLFlowHandler"}]}}
    assert identity.flatten(plain) == identity.flatten(tracked)


def item(spacing=1.0, **changes):
    contract = {"spacing": [spacing] * 3, "axes": "RAS", "intensity": "hu", "channels": ["CT"]}
    return {"id": "a", "voxels_sha256": "0", "scan": {**contract, **changes}}


def test_voxel_size_makes_another_run():
    hashes = {identity.describe_run(0, [item(n)], [])["hash"] for n in (1.0, 2.0, 1.0)}
    assert len(hashes) == 2


def test_what_was_clipped_and_what_is_stored_make_another_run():
    """Clipping changes few voxels, another shape of the same scan none of the names."""
    clipped = item(clip=[-200, 250])
    stored = {**item(), "voxels_sha256": "1"}
    labelled = {**item(), "label_voxels_sha256": "2"}
    ways = [([item()], []), ([clipped], []), ([stored], []), ([labelled], []), ([], [item()])]
    hashes = {identity.describe_run(0, *lists)["hash"] for lists in (*ways, ways[0])}
    assert len(hashes) == len(ways)
