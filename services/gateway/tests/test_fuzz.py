"""Frames that nobody would write: they may end their own socket, never the edge. `make fuzz` looks for longer."""

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.realtime.frames import COMMANDS, text_frame

from .conftest import Gateway
from .raw import OpenRaw
from .services import Services
from .targets import COMMANDS_SAID, HELLO, PACKETS_SAID, PLAIN, SOCKET_IO, TARGETS, converse, hear

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ("op", "token", "topics", "n", "state", "channel_id")


def _almost(op: str, rest: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"op": op, **rest})


def _packet(start: bytes, body: bytes) -> bytes:
    return start + body


ALMOST = st.builds(
    _almost, st.sampled_from([*COMMANDS, "shout"]), st.dictionaries(st.sampled_from(FIELDS[1:]), JSON, max_size=3)
)
PACKET = st.builds(
    _packet,
    st.sampled_from([b"", b"0", b"2", b"3", b"40", b"41", b"42", b"421", b"43", b"44", b"45-", b"6"]),
    ALMOST | JSON.map(msgspec.json.encode) | st.binary(max_size=40),
)
SAID = st.sampled_from([*COMMANDS_SAID, *PACKETS_SAID])
FRAME = st.tuples(st.integers(0, 15), ALMOST | st.binary(max_size=300), st.booleans(), st.sampled_from([0, 0, 0, 4]))


@given(st.sampled_from([PLAIN, SOCKET_IO]), PACKET | ALMOST | st.binary(max_size=200))
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_command_or_a_bad_frame(codec: Any, text: bytes) -> None:
    hear(codec, text)


@given(st.sampled_from([PLAIN, SOCKET_IO]), st.lists(SAID | PACKET | ALMOST))
@settings(max_examples=150, deadline=None)
def test_any_conversation_goes_on_or_ends(codec: Any, texts: list[bytes]) -> None:
    converse(codec, texts)
    converse(codec, [HELLO[codec], *texts])


@pytest.mark.parametrize("target", TARGETS)
def test_what_fuzzing_begins_from_is_taken(target: str) -> None:
    take, seeds = TARGETS[target]
    for seed in seeds:
        take(seed)


@given(st.binary(max_size=70_000))
@settings(max_examples=50, deadline=None)
def test_a_frame_says_its_length(payload: bytes) -> None:
    frame = text_frame(payload)
    size = frame[1] if frame[1] < 126 else int.from_bytes(frame[2 : 4 if frame[1] == 126 else 10], "big")

    assert frame[0] == 0x81
    assert size == len(payload)
    assert frame.endswith(payload)


async def test_the_edge_outlives_every_frame(gateway: Gateway, services: Services, open_raw: OpenRaw) -> None:
    ada = services.person()
    witness = await gateway.client(ada)
    frames: list[tuple[int, bytes, bool, int]] = []

    @given(FRAME)
    @settings(max_examples=120, deadline=None, database=None)
    def collect(frame: tuple[int, bytes, bool, int]) -> None:
        frames.append(frame)

    await asyncio.to_thread(collect)
    for start in range(0, len(frames), 4):
        raw = await open_raw(gateway)
        await raw.upgraded()
        raw.send(1, msgspec.json.encode({"op": "hello", "token": ada.token}))
        for opcode, payload, fin, rsv in frames[start : start + 4]:
            raw.send(opcode, payload, fin=fin, rsv=rsv)
        raw.writer.write_eof()
        await raw.ended()

    await witness.say("ping", n=1)
    assert (await witness.hear())["op"] == "pong"
