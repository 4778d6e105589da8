from pathlib import Path

from bench.disturbance import Disturbance


def test_each_sync_of_a_page_is_timed_and_the_processors_are_watched(tmp_path: Path):
    with Disturbance(tmp_path) as disturbance:
        while disturbance.disk.count < 3:
            pass
    assert disturbance.disk.p99_ms <= disturbance.disk.max_ms
    assert 0 <= disturbance.stolen <= 1
    assert (tmp_path / "disturbance").stat().st_size == 4096
    counted = disturbance.disk.count
    assert disturbance.disk.count == counted, "it ended with the block"
