"""Anything may come over the wire: it is told apart from sense, and never kills the process (libdave is C++)."""

import contextlib
import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import voice
from discord_sim.voice.ciphers import CIPHERS
from discord_sim.voice.delivery import Group, appending
from discord_sim.voice.members import DaveyMember
from voice import messages
from voice.ciphers import MODES
from voice.encryption import EndToEnd, Libdave, Outcome, is_sealed
from voice.epochs import Epochs
from voice.messages import Op
from voice.reception import Reception
from voice.session import Identity, NoCommonMode, Server, Session

from .second_stack import Davey

KEY = bytes(32)
MODE = "aead_aes256_gcm_rtpsize"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
OPS = st.integers(0, 40)


def said(op: int, data: object) -> str:
    return json.dumps({"op": op, "d": data, "seq": 1})


@pytest.mark.parametrize("make", [Libdave, Davey])
class TestTheAdapter:
    @given(
        st.lists(
            st.tuples(st.sampled_from(["sender", "proposals", "commit", "welcome", "open"]), st.binary(max_size=80))
        )
    )
    @settings(deadline=None)
    def test_takes_any_bytes(self, make: Callable[[int, int], Libdave | Davey], calls: list[tuple[str, bytes]]) -> None:
        session = make(1, 2)
        session.restart()

        for name, payload in calls:
            match name:
                case "sender":
                    session.external_sender(payload)
                case "proposals":
                    assert session.proposals(payload, users={1, 3}) is None
                case "commit":
                    assert session.commit(payload, users={1, 3}) is not Outcome.ENTERED
                case "welcome":
                    assert session.welcome(payload, users={1, 3}) is not Outcome.ENTERED
                case _:
                    assert session.open(3, payload) is None


@pytest.mark.parametrize("make", [Libdave, Davey])
class TestAMessageOfTheGroup:
    """Not any bytes, but real ones, cut off at every length."""

    def test_from_the_delivery_service_may_end_anywhere(self, make: Callable[[int, int], EndToEnd]) -> None:
        group, other, ours = Group(2), DaveyMember(1, 2), make(3, 2)
        package = group.sender.package
        for end in range(len(package)):
            ours.external_sender(package[:end])
        ours.external_sender(package)
        ours.restart()

        body = appending([group.add(1, key_package=other.restart())])

        assert all(ours.proposals(body[:end], users={1, 3}) is None for end in range(len(body)))

    def test_from_another_member_may_end_anywhere(self, make: Callable[[int, int], EndToEnd]) -> None:
        group, other, ours = Group(2), DaveyMember(1, 2), make(3, 2)
        other.external_sender(group.sender.package)
        ours.external_sender(group.sender.package)
        other.restart()
        key_package = ours.restart()
        assert key_package
        made = other.proposals(appending([group.add(3, key_package=key_package)]), {1, 3})
        assert made
        accepted = group.commit(1, encoded=made)
        assert accepted
        welcome = accepted.welcomes[3]

        for end in range(0, len(welcome), 3):
            assert ours.welcome(welcome[:end], users={1, 3}) is Outcome.REJECTED
        for end in range(0, len(accepted.commit), 3):
            assert ours.commit(accepted.commit[:end], users={1, 3}) is not Outcome.ENTERED


class TestASealedFrame:
    @given(st.binary(max_size=40))
    def test_is_long_enough_for_what_it_claims(self, frame: bytes) -> None:
        for candidate in (frame, frame + b"\xfa\xfa"):
            assert not is_sealed(candidate) or 12 <= candidate[-3] <= len(candidate)


class TestMessages:
    @given(st.text(max_size=60) | st.builds(said, OPS, JSON))
    def test_are_read_or_refused(self, text: str) -> None:
        with contextlib.suppress(messages.Malformed):
            messages.body(messages.read(text))

    @given(st.lists(st.tuples(OPS, JSON | st.binary(max_size=40)), max_size=20))
    @settings(deadline=None, max_examples=40)
    async def test_in_any_order_leave_a_session_standing(self, messages_said: list[tuple[int, object]]) -> None:
        heard: list[voice.Heard] = []
        session = Session(
            Identity(1, 2, 3, "s"),
            Server("wss://nowhere", "t"),
            reception=Reception(heard.append, limits=voice.Limits()),
            make_end_to_end=Libdave,
            limits=voice.Limits(),
        )
        description = {"mode": MODE, "secret_key": list(KEY), "dave_protocol_version": 1}
        middle = len(messages_said) // 2
        for op, data in [*messages_said[:middle], (Op.SESSION_DESCRIPTION, description), *messages_said[middle:]]:
            if isinstance(data, bytes):
                session.handle_binary(op, data)
            elif op not in {Op.READY, Op.HELLO}:
                await tell(session, said(op, data))

        assert session.handle_binary(Op.PROPOSALS, b"") == []


async def tell(session: Session, text: str) -> None:
    with contextlib.suppress(messages.Malformed, NoCommonMode):
        body = messages.body(messages.read(text))
        if body is not None:
            await session.handle(body)


def unsealed() -> Epochs:
    """A room without end-to-end encryption."""
    return Epochs(Libdave(1, 2), version=0, users=set(), limits=voice.Limits())


def datagram(header: bytes, payload: bytes) -> bytes:
    nonce = b"\0\0\0\1"
    return header + CIPHERS[MODE](KEY).seal(nonce, payload, header) + nonce


class Stumbling(Epochs):
    """Has a bug."""

    def open(self, user_id: int, payload: bytes, *, arrived_ns: int) -> bytes | voice.Cause:
        if payload == b"\xf8stumble":
            raise ValueError("a bug")
        return super().open(user_id, payload, arrived_ns=arrived_ns)


class TestReception:
    @given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 3), st.binary(max_size=30)), max_size=80))
    @settings(deadline=None)
    def test_accounts_for_any_packets_in_any_order(self, packets: list[tuple[int, int, bytes]]) -> None:
        now = [0]
        heard: list[voice.Heard] = []
        reception = Reception(heard.append, limits=voice.Limits(held_packets=10), clock_ns=lambda: now[0])
        reception.begin(cipher=MODES[MODE](KEY), keys=unsealed())
        for number, (sequence, ssrc, payload) in enumerate(packets):
            header = b"\x80\x78" + sequence.to_bytes(2, "big") + bytes(7) + bytes([ssrc])
            now[0] += 30_000_000
            reception.receive([(datagram(header, payload), now[0])])
            if number % 9 == 0:
                reception.announce(ssrc, 100 + number % 4)
            if number % 13 == 0:
                reception.leave(100 + number % 3)
            reception.drain()
        reception.end()

        counts = reception.counts()
        assert all(each.adds_up and each.held == 0 for each in counts.values())
        assert sum(each.received for each in counts.values()) == reception.datagrams == len(packets)
        assert sum(each.delivered for each in counts.values()) == sum(isinstance(each, voice.Frame) for each in heard)

    def test_goes_on_when_the_listener_fails(self) -> None:
        def fail(heard: voice.Heard) -> None:
            raise ValueError("a bug")

        reception = Reception(fail, limits=voice.Limits(reorder_seconds=0))
        reception.begin(
            cipher=MODES[MODE](KEY), keys=Epochs(Libdave(1, 2), version=0, users=set(), limits=voice.Limits())
        )
        reception.announce(1, 100)
        header = b"\x80\x78" + bytes(9) + b"\x01"

        reception.receive([(datagram(header, b"\xf8x"), 5)])

        assert reception.counts()[100].dropped == {voice.Cause.LISTENER_FAILED: 1}

    def test_goes_on_after_a_packet_that_fails(self) -> None:
        heard: list[voice.Heard] = []
        reception = Reception(heard.append, limits=voice.Limits(reorder_seconds=0))
        keys = Stumbling(Libdave(1, 2), version=0, users=set(), limits=voice.Limits())
        reception.begin(cipher=MODES[MODE](KEY), keys=keys)
        payloads = {1: b"\xf8stumble", 2: b"\xf8x"}
        for ssrc in payloads:
            reception.announce(ssrc, 100 + ssrc)

        reception.receive(
            (datagram(b"\x80\x78" + bytes(9) + bytes([ssrc]), payload), 5) for ssrc, payload in payloads.items()
        )

        assert [frame.user_id for frame in heard if isinstance(frame, voice.Frame)] == [102]
