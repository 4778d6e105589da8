"""The newest reading of each series in memory, while other threads look."""

from calha.store.telemetry.latest import FIRST_SIZE, Latest

GROW_FIRST = ("value", "quality", "arrived_at")


class Watched(Latest):
    """Looks at itself after each change, as another thread may at any moment."""

    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if "seq" in vars(self):
            assert all(len(getattr(self, one)) >= len(self.at) for one in GROW_FIRST)
            assert len(self.at) >= len(self.seq)


def test_whoever_goes_by_the_length_of_times_finds_the_values_while_it_grows():
    latest = Watched()
    latest.reach(3 * FIRST_SIZE)
    assert len(latest.seq) == len(latest.at) == len(latest.value) > 3 * FIRST_SIZE
