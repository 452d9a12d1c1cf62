"""Frames on a connection."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.frames import BadFrame, Frames, Sender, framed


class Wire(asyncio.Transport):
    """Notes what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closing


class TestFrames:
    @given(st.lists(st.binary(max_size=300)), st.integers(1, 100))
    def test_are_whole_however_they_arrive(self, values: list[bytes], size: int) -> None:
        data, frames = b"".join(framed(one) for one in values), Frames(300)

        parts = [data[begin : begin + size] for begin in range(0, len(data), size)]

        assert [value for part in parts for value in frames.feed(part)] == values

    def test_that_are_too_large_are_refused_before_they_have_come(self) -> None:
        with pytest.raises(BadFrame):
            list(Frames(10).feed((11).to_bytes(4, "big")))


class TestSender:
    async def test_sends_what_is_said_in_one_turn_in_one_write(self) -> None:
        wire = Wire()
        sender = Sender(wire)

        sender.send(b"one")
        sender.send(b"two")
        await asyncio.sleep(0)
        sender.send(b"three")
        await asyncio.sleep(0)

        assert wire.writes == [framed(b"one") + framed(b"two"), framed(b"three")]

    async def test_sends_nothing_on_a_closed_connection(self) -> None:
        wire = Wire()
        sender = Sender(wire)

        sender.send(b"one")
        wire.closing = True
        await asyncio.sleep(0)

        assert wire.writes == []
