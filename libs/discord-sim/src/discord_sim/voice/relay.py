"""The UDP half of a voice server: tells clients their address and passes each frame on to all others in the room."""

import asyncio
import socket
from collections.abc import Callable, Iterator

import msgspec
import structlog

from discord_sim.voice.ciphers import NONCE_BYTES, Unauthentic
from discord_sim.voice.faults import Faults
from discord_sim.voice.ledger import Ledger, Withheld
from discord_sim.voice.session import Address, Session

OPUS = 120
FIXED_HEADER = 12
EXTENDED, PADDED = 0x10, 0x20
ONE_BYTE_EXTENSION = b"\xbe\xde\x00\x01"
AUDIO_LEVEL = b"\x10\x80\x00\x00"
DISCOVERY_BYTES = 74
PING, PONG = bytes.fromhex("1337CAFE"), bytes.fromhex("1337F00D")
"""Discord's UDP ping and its answer, each before four bytes of the client's choice (userdoccers)."""
PING_BYTES = 8
TAG_BYTES = 16
BUFFER_BYTES = 4 << 20
FOREIGN = ((101, 1), (102, 2), (0xC8 & 0x7F, 0))
"""Payload type and distance from the speaker's SSRC: a camera, its retransmissions, RTCP's sender report."""

log = structlog.get_logger()


class Media(msgspec.Struct, frozen=True):
    """A frame on its way, without the encryption between client and server. `opus` is known for our own speakers."""

    ssrc: int
    sequence: int
    timestamp: int
    payload: bytes
    opus: bytes | None = None


class Relay(asyncio.DatagramProtocol):
    def __init__(self, *, faults: Faults, ledger: Ledger, receivers: Callable[[Session], Iterator[Session]]) -> None:
        self._faults = faults
        self._ledger = ledger
        self._receivers = receivers
        self._by_ssrc: dict[int, Session] = {}
        self._by_address: dict[Address, Session] = {}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport
        raw: socket.socket = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)

    @property
    def port(self) -> int:
        if self._transport is None:
            raise RuntimeError("the relay is not listening")
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def register(self, session: Session) -> None:
        self._by_ssrc[session.ssrc] = session

    def forget(self, session: Session) -> None:
        if self._by_ssrc.get(session.ssrc) is session:
            del self._by_ssrc[session.ssrc]
        if session.address and self._by_address.get(session.address) is session:
            del self._by_address[session.address]

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if len(data) == DISCOVERY_BYTES and data[:4] == b"\x00\x01\x00\x46":
            self._discover(data, addr)
        elif (session := self._by_address.get(addr)) and session.user_id not in self._faults.cut_off:
            self._receive(session, data, addr)

    def forward(self, sender: Session, media: Media) -> None:
        self._ledger.record(
            sender.user_id,
            channel_id=sender.admission.channel_id,
            ssrc=media.ssrc,
            sequence=media.sequence,
            timestamp=media.timestamp,
            payload=media.payload,
            opus=media.opus,
        )
        for receiver in self._receivers(sender):
            if receiver.address and receiver.cipher and (receiver.has_said_speaking or not self._faults.strict):
                self._pass_on(media, receiver, receiver.address)

    def _discover(self, data: bytes, address: Address) -> None:
        ssrc = int.from_bytes(data[4:8], "big")
        if session := self._by_ssrc.get(ssrc):
            session.address = address
            self._by_address[address] = session
        host, port = address
        self._send(b"\x00\x02\x00\x46" + data[4:8] + host.encode().ljust(64, b"\0") + port.to_bytes(2, "big"), address)

    def _receive(self, session: Session, data: bytes, address: Address) -> None:
        if len(data) == PING_BYTES and data.startswith(PING):
            self._send(PONG + data[len(PING) :], address)
            return
        if session.cipher is None or len(data) < FIXED_HEADER + TAG_BYTES + NONCE_BYTES or data[1] & 0x7F != OPUS:
            return
        extended = bool(data[0] & EXTENDED)
        header_size = FIXED_HEADER + 4 * (data[0] & 0x0F) + 4 * extended
        header, nonce = data[:header_size], data[-NONCE_BYTES:]
        try:
            payload = session.cipher.open(nonce, data[header_size:-NONCE_BYTES], header)
        except Unauthentic:
            log.warning("packet.refused", user_id=session.user_id)
            return
        if extended:
            payload = payload[4 * int.from_bytes(header[-2:], "big") :]
        ssrc = int.from_bytes(data[8:12], "big")
        if ssrc == session.ssrc:
            sequence, timestamp = int.from_bytes(data[2:4], "big"), int.from_bytes(data[4:8], "big")
            self.forward(session, Media(ssrc, sequence, timestamp, payload))

    def _pass_on(self, media: Media, receiver: Session, address: Address) -> None:
        faults = self._faults
        if receiver.user_id in faults.cut_off:
            self._withhold(media, receiver, "cut_off")
            return
        if faults.strikes(faults.near_zero):
            self._send(bytes(faults.source.randrange(12)), address)
            self._send(_seal(receiver, Media(0, 0, 0, b"\0")), address)
        if faults.strikes(faults.foreign):
            payload_type, distance = faults.source.choice(FOREIGN)
            foreign = Media(media.ssrc + distance, media.sequence, media.timestamp, bytes(40))
            self._send(_seal(receiver, foreign, payload_type=payload_type), address)
        if faults.strikes(faults.loss):
            self._withhold(media, receiver, "loss")
            return
        padding = faults.source.randrange(1, 256) if faults.strikes(faults.padding) else 0
        packet = _seal(receiver, media, padding=padding, extended=faults.strikes(faults.extension))
        if faults.strikes(faults.corrupt):
            self._withhold(media, receiver, "corrupt")
            packet = packet[:-8] + bytes(4) + packet[-4:]
        copies = 2 if faults.strikes(faults.duplicate) else 1
        if faults.strikes(faults.reorder):
            asyncio.get_running_loop().call_later(faults.reorder_seconds, self._send, packet, address)
            copies -= 1
        for _ in range(copies):
            self._send(packet, address)

    def _withhold(self, media: Media, receiver: Session, fault: str) -> None:
        self._ledger.withheld.append(Withheld(receiver.user_id, media.ssrc, media.sequence, fault))

    def _send(self, data: bytes, address: Address) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.sendto(data, address)


def _seal(
    receiver: Session, media: Media, *, payload_type: int = OPUS, padding: int = 0, extended: bool = False
) -> bytes:
    if receiver.cipher is None:
        raise RuntimeError("the receiver has not selected a mode")
    receiver.sealed_packets += 1
    nonce = receiver.sealed_packets.to_bytes(NONCE_BYTES, "big")
    flags = 0x80 | (EXTENDED if extended else 0) | (PADDED if padding else 0)
    header = (
        bytes([flags, payload_type])
        + media.sequence.to_bytes(2, "big")
        + media.timestamp.to_bytes(4, "big")
        + media.ssrc.to_bytes(4, "big")
    )
    body = media.payload
    if extended:
        header += ONE_BYTE_EXTENSION
        body = AUDIO_LEVEL + body
    if padding:
        body += bytes(padding - 1) + bytes([padding])
    return header + receiver.cipher.seal(nonce, body, header) + nonce
