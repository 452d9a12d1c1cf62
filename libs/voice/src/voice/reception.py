"""From datagrams to frames: opened, attributed, in order, and every one of them accounted for."""

import time
from collections.abc import Callable, Iterable, Iterator

import structlog

from voice import rtp
from voice.accounts import Account, Cause, Counts
from voice.ciphers import Cipher
from voice.events import Frame, Heard, Left, Listener, Speaking
from voice.limits import Limits
from voice.rtp import Packet
from voice.ssrc_stream import Keys, SsrcStream
from voice.udp import Datagram

NOBODY = None
"""The key of the account of packets that belong to no speaker (yet)."""

log = structlog.get_logger()


class Reception:
    """Survives reconnects: accounts go on, streams begin again with `begin`. Times are of `time.monotonic_ns()`.

    Nothing that a packet contains, and nothing that the listener raises, gets out of here.
    """

    def __init__(self, listener: Listener, *, limits: Limits, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self.datagrams = 0
        """Counted apart from the accounts, so that they can be checked against it."""
        self._listener = listener
        self._limits = limits
        self._clock_ns = clock_ns
        self._grace_ns = round(limits.grace_seconds * 1e9)
        self._accounts: dict[int | None, Account] = {NOBODY: Account()}
        self._streams: dict[int, SsrcStream] = {}
        self._heard: list[Heard] = []
        self._cipher: Cipher | None = None
        self._keys: Keys | None = None

    def begin(self, *, cipher: Cipher, keys: Keys) -> None:
        """A new session: other keys, other SSRCs."""
        self.end()
        self._cipher, self._keys = cipher, keys

    def end(self) -> None:
        for stream in self._streams.values():
            stream.abandon()
        self._streams.clear()
        self._cipher = None
        self._tell_all()

    def receive(self, datagrams: Iterable[Datagram]) -> None:
        """All are read, then all are opened, then all are told: a step that follows itself finds what it needs at
        hand, and costs a third less.
        """
        for packet, at_ns in list(self._read(datagrams)):
            try:
                self._receive(packet, at_ns)
            except Exception:
                log.exception("packet.failed")
        self._tell_all()

    def announce(self, ssrc: int, user_id: int) -> None:
        """From now on, and as far as packets are waiting already, this SSRC is this user's."""
        before = self._streams.get(ssrc)
        if before and before.user_id == user_id:
            before.left_at_ns = None
            return
        waiting = before.finish() if before else []
        stream = self._open(ssrc, user_id)
        self.tell(Speaking(user_id, ssrc))
        for arrival in waiting:
            stream.receive(arrival.packet, arrival.at_ns)
        self._tell_all()

    def leave(self, user_id: int) -> None:
        at_ns = self._clock_ns()
        for stream in self._streams.values():
            if stream.user_id == user_id:
                stream.left_at_ns = at_ns
        self.tell(Left(user_id))

    def drain(self) -> None:
        """To be called now and then, and at once when the keys have changed."""
        now_ns = self._clock_ns()
        for stream in list(self._streams.values()):
            stream.drain(now_ns)
            departed = stream.left_at_ns is not None and now_ns - stream.left_at_ns > self._grace_ns
            if departed or (stream.user_id is NOBODY and not stream.waits):
                self._forget(stream)
        self._tell_all()

    def counts(self) -> dict[int | None, Counts]:
        """By user; under None what belongs to no speaker."""
        return {user_id: account.read() for user_id, account in self._accounts.items()}

    def speakers(self) -> Iterator[int]:
        return (stream.user_id for stream in self._streams.values() if stream.user_id is not None)

    def tell(self, heard: Heard) -> None:
        self._heard.append(heard)
        self._tell_all()

    def _tell_all(self) -> None:
        """A frame counts as delivered unless the listener fails."""
        heard = self._heard.copy()
        self._heard.clear()
        for each in heard:
            try:
                self._listener(each)
            except Exception:
                log.exception("listener.failed", heard=type(each).__name__)
                if isinstance(each, Frame):
                    account = self._accounts[each.user_id]
                    account.delivered -= 1
                    account.dropped[Cause.LISTENER_FAILED] += 1

    def _read(self, datagrams: Iterable[Datagram]) -> Iterator[tuple[Packet, int]]:
        for data, at_ns in datagrams:
            self.datagrams += 1
            if self._cipher is None:
                self._refuse(Cause.NO_KEY)
                continue
            try:
                packet = rtp.read(data, self._cipher)
            except rtp.Refused as refused:
                self._refuse(refused.cause)
            except Exception:
                log.exception("datagram.failed")
            else:
                yield packet, at_ns

    def _receive(self, packet: Packet, at_ns: int) -> None:
        stream = self._streams.get(packet.ssrc)
        if stream is None or self._is_over(stream, packet, at_ns):
            stream = self._open(packet.ssrc, NOBODY)
        stream.receive(packet, at_ns)

    def _is_over(self, stream: SsrcStream, packet: Packet, at_ns: int) -> bool:
        """Whether this can no longer be the packet of the one who had the SSRC, but left."""
        if stream.left_at_ns is None:
            return False
        over = at_ns - stream.left_at_ns > self._grace_ns or not stream.continues(packet.sequence)
        if over:
            stream.abandon()
        return over

    def _open(self, ssrc: int, user_id: int | None) -> SsrcStream:
        if self._keys is None:
            raise RuntimeError("the reception has not begun")
        account = self._accounts.setdefault(user_id, Account())
        stream = SsrcStream(
            ssrc, user_id=user_id, account=account, keys=self._keys, tell=self._heard.append, limits=self._limits
        )
        self._streams[ssrc] = stream
        return stream

    def _forget(self, stream: SsrcStream) -> None:
        stream.abandon()
        del self._streams[stream.ssrc]
        if self._keys and stream.user_id is not None and stream.user_id not in self.speakers():
            self._keys.forget(stream.user_id)

    def _refuse(self, cause: Cause) -> None:
        account = self._accounts[NOBODY]
        account.received += 1
        account.dropped[cause] += 1
