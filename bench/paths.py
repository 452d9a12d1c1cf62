"""The paths a message can take, on both sides, as the load client drives them."""

import itertools
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec

from bench.load import LoadClient, Measured
from bench.ours import Ours
from bench.peer import BUS_STREAM, Mode, Peer
from bench.programs import Program
from bench.servers import Servers

Options = Mapping[str, object]
Drive = Callable[[Options], Awaitable[Measured]]


class MessagePath(msgspec.Struct, frozen=True, kw_only=True):
    """`programs` are the server processes whose CPU counts as the work's price."""

    name: str
    programs: dict[str, Program]
    drive: Drive


PEER_SAYS: Final = '{"op":"msg","id":%S,"room":"r1","user":"Xk2fLq8mB0aYw4RtAAAB","text":"%T"}'
PEER_EMITS: Final = '42["msg",{"op":"send","room":"r1","text":"%T"}]'

COMPARED: Final = (
    ("ours, stream", "peer bus, stream"),
    ("ours, stream", "peer adapter, emit"),
    ("ours, post", "peer bus, emit"),
    ("ours, post", "peer adapter, emit"),
    ("ours", "peer"),
)
"""Which of our paths is compared with which of the peer's; docs/performance.md says how they differ."""


class MessagePaths:
    """Makes the paths; each run speaks in a channel of its own on our side."""

    def __init__(self, client: LoadClient, servers: Servers, ours: Ours, peer: Peer) -> None:
        self._client = client
        self._servers = servers
        self._ours = ours
        self._peer = peer
        self._runs = itertools.count()

    def fan_out(self) -> list[MessagePath]:
        """From one speaker to many sockets."""
        edge = {"gateway": self._ours.gateway}
        whole = {**edge, "messaging": self._ours.messaging}
        return [
            MessagePath(name="ours, stream", programs=edge, drive=self._our_stream(edge)),
            MessagePath(name="peer bus, stream", programs=self._sockets("bus"), drive=self._peer_stream()),
            MessagePath(name="peer adapter, emit", programs=self._sockets("adapter"), drive=self._peer_emit("adapter")),
            MessagePath(name="peer bus, emit", programs=self._sockets("bus"), drive=self._peer_emit("bus")),
            MessagePath(name="ours, post", programs=whole, drive=self._our_posts_heard(whole)),
        ]

    def posts(self) -> list[MessagePath]:
        """From an HTTP client to the commit and the stream."""
        ours = {"gateway": self._ours.gateway, "messaging": self._ours.messaging}
        peer = {"gateway": self._peer.gateway, "service": self._peer.service}
        return [
            MessagePath(name="ours", programs=ours, drive=self._our_posts(ours)),
            MessagePath(name="peer", programs=peer, drive=self._peer_posts(peer)),
        ]

    def _sockets(self, mode: Mode) -> dict[str, Program]:
        return {"socket.io": self._peer.sockets[mode]}

    def _stream_options(self) -> Options:
        return {
            "feed": "stream",
            "feed-port": self._servers.valkey.port,
            "secret-file": self._servers.redis_password_file,
        }

    def _our_sockets(self, channel_id: str) -> Options:
        return {
            "wire": "guildhall",
            "port": self._ours.port,
            "token-file": self._ours.token_file,
            "topic": f"channel:{channel_id}",
        }

    def _our_post_options(self, options: Options) -> Options:
        feed = {"feed": "post", "feed-port": self._ours.port, "secret-file": self._ours.tokens_file}
        return {**feed, "connections": options["in-flight"], **options}

    def _our_stream(self, programs: dict[str, Program]) -> Drive:
        async def drive(options: Options) -> Measured:
            channel_id = await self._ours.fresh_channel()
            words = ["XADD", "messaging.events", "*", "e", await self._ours.envelope_template(channel_id)]
            known = {**self._our_sockets(channel_id), **self._stream_options(), **options}
            return await self._client.run(known, words, programs=programs)

        return drive

    def _our_posts_heard(self, programs: dict[str, Program]) -> Drive:
        async def drive(options: Options) -> Measured:
            channel_id = await self._ours.fresh_channel()
            known = {**self._our_sockets(channel_id), **self._our_post_options(options)}
            return await self._client.run(known, self._our_post(channel_id), programs=programs)

        return drive

    def _our_posts(self, programs: dict[str, Program]) -> Drive:
        async def drive(options: Options) -> Measured:
            words = self._our_post(await self._ours.fresh_channel())
            return await self._client.run(self._our_post_options(options), words, programs=programs)

        return drive

    def _our_post(self, channel_id: str) -> list[str]:
        return [f"/api/v1/channels/{channel_id}/messages", '{"content":"%T","nonce":"%N"}']

    def _peer_stream(self) -> Drive:
        async def drive(options: Options) -> Measured:
            words = ["XADD", BUS_STREAM, "MAXLEN", "~", "10000", "*", "room", "r1", "p", PEER_SAYS]
            known = {"wire": "socket.io", "port": self._peer.socket_ports["bus"], **self._stream_options(), **options}
            return await self._client.run(known, words, programs=self._sockets("bus"))

        return drive

    def _peer_emit(self, mode: Mode) -> Drive:
        async def drive(options: Options) -> Measured:
            known = {"wire": "socket.io", "port": self._peer.socket_ports[mode], "feed": "socket", **options}
            return await self._client.run(known, [PEER_EMITS], programs=self._sockets(mode))

        return drive

    def _peer_posts(self, programs: dict[str, Program]) -> Drive:
        async def drive(options: Options) -> Measured:
            feed = {"feed": "post", "feed-port": self._peer.port, "secret-file": self._peer.tokens_file}
            nonce = f"{next(self._runs)}-%N"
            body = f'{{"room":"r1","text":"%T","client_id":"{nonce}"}}'
            known = {**feed, "connections": options["in-flight"], **options}
            return await self._client.run(known, ["/v1/messages", body], programs=programs)

        return drive
