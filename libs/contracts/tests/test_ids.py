"""Ids sort by time and carry the right bits."""

from contracts.ids import new_id


class TestNewId:
    def test_is_a_version_7_uuid(self) -> None:
        made = new_id()

        assert made.version == 7
        assert made.variant == "specified in RFC 4122"

    def test_differs_every_time(self) -> None:
        assert len({new_id() for _ in range(10_000)}) == 10_000
