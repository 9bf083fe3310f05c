"""What makes a run another run."""

from medssl.engines import identity


def test_tracking_does_not_make_another_run():
    plain = {"train": {"handlers": [{"_target_": "StatsHandler"}]}}
    tracked = {"train": {"handlers": [{"_target_": "StatsHandler"}, {"_target_": "MLFlowHandler"}]}}
    assert identity.flatten(plain) == identity.flatten(tracked)


def test_voxel_size_makes_another_run():
    def scan(spacing):
        contract = {"spacing": spacing, "axes": "RAS", "intensity": "hu", "channels": ["CT"]}
        return [{"id": "a", "voxels_sha256": "0", "scan": contract}]

    hashes = {identity.describe_run(0, scan([n] * 3), [])["hash"] for n in (1.0, 2.0, 1.0)}
    assert len(hashes) == 2
