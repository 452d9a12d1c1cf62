"""The other side: Fastify and Socket.IO on Node, from exactly pinned packages."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, Literal

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwt

from bench.ours import PEOPLE
from bench.programs import BenchError, Program
from bench.servers import Servers, prepare_peer_database
from embedded import ports
from testkit import npm

FOLDER: Final = Path(__file__).parent / "peer"
BUS_STREAM: Final = "peer.bus"
Mode = Literal["adapter", "bus"]


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """Its four programs, running, and tokens for as many people as ours."""

    sockets: dict[Mode, Program]
    socket_ports: dict[Mode, int]
    gateway: Program
    service: Program
    port: int
    tokens_file: Path


async def install() -> None:
    """`npm ci`, unless what the lock names is there already."""
    try:
        await asyncio.to_thread(npm.installed, FOLDER)
    except npm.NpmFailed as problem:
        raise BenchError(str(problem)) from problem


@asynccontextmanager
async def running(servers: Servers, folder: Path) -> AsyncGenerator[Peer]:
    """Start both Socket.IO servers, the service and the gateway in front of it."""
    await prepare_peer_database(servers)
    public_key, tokens = _credentials()
    key_file, tokens_file = folder / "peer.public.pem", folder / "peer.tokens"
    key_file.write_bytes(public_key)
    tokens_file.write_text("\n".join(tokens))
    adapter, bus, service, gateway = ports.choose(4)
    environ = {"PATH": os.environ["PATH"], "NODE_ENV": "production", "JWT_PUBLIC_KEY": str(key_file)}
    environ |= servers.peer_environ()
    async with AsyncExitStack() as stack:

        async def start(name: str, script: str, port: int, path: str, more: Mapping[str, str]) -> Program:
            command = ["node", str(FOLDER / script)]
            program = Program(name, command, {**environ, "PORT": str(port), **more}, folder)
            stack.callback(program.stop)
            await program.wait_until_ready(port, path)
            return program

        hello = "/socket.io/?EIO=4&transport=websocket"
        sockets: dict[Mode, Program] = {
            "adapter": await start(
                "peer-adapter", "sio_server.mjs", adapter, hello, {"MODE": "adapter", "STREAM": "peer.adapter"}
            ),
            "bus": await start("peer-bus", "sio_server.mjs", bus, hello, {"MODE": "bus", "STREAM": BUS_STREAM}),
        }
        yield Peer(
            sockets=sockets,
            socket_ports={"adapter": adapter, "bus": bus},
            service=await start("peer-service", "fast.mjs", service, "/", {"AUTH": "cache"}),
            gateway=await start("peer-gateway", "gwfast.mjs", gateway, "/", {"UP": str(service)}),
            port=gateway,
            tokens_file=tokens_file,
        )


def _credentials() -> tuple[bytes, list[str]]:
    """A public key, and tokens as the peer wants them: the same algorithm and about the same claims as ours."""
    key = ec.generate_private_key(ec.SECP256R1())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    claims = {"iss": "chat", "aud": "chat-api", "iat": int(time.time()), "exp": int(time.time()) + 7200}
    return public, [
        jwt.encode(claims | {"sub": f"user-{number:04}", "name": f"Person{number}"}, secret, algorithm="ES256")
        for number in range(PEOPLE)
    ]
