"""Downloads that nobody reads: what each of them costs, and for how long."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path

import aiohttp
import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.settings import Secret
from embedded import ports
from testkit.servers import S3, Servers
from testkit.tokens import Signer
from testkit.waiting import eventually

from .files import File, upload
from .people import make_community
from .processes import Process

MEGABYTE = 1_000_000
DOWNLOADS = 40
FILE_BYTES = 20 * MEGABYTE


def peak_bytes(pid: int) -> int:
    """The most that it has had in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(kilobytes) * 1024


def count_given_up(log: Path) -> int:
    return log.read_bytes().count(b"response.given_up")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "media.log"


@pytest.fixture
async def process(
    database_url: Secret, servers: Servers, store: S3, key_file: Path, keys_url: str, log: Path
) -> AsyncGenerator[Process]:
    environ = {
        "MEDIA_PORT": str(ports.choose(1)[0]),
        "MEDIA_SERVICE_KEY_FILE": str(key_file),
        "MEDIA_WRITE_SECONDS": "2",
        "DATABASE_URL": database_url.reveal(),
        "REDIS_URL": servers.redis_url,
        "AUTH_URL": keys_url,
    }
    made = Process(environ | store.environ(), log=log)
    await made.start()
    yield made
    made.kill()


async def ask(process: Process, path: str, token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A download whose answer is not read."""
    url = httpx.URL(process.url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (url.host, url.port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=1)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: media\r\nAuthorization: {token}\r\n\r\n".encode())
    return reader, writer


async def rest_of(reader: asyncio.StreamReader) -> int:
    """How many bytes still come before the other side ends it."""
    count = 0
    with suppress(ConnectionError):
        while part := await reader.read(MEGABYTE):
            count += len(part)
    return count


async def test_cost_little_and_end(
    process: Process, log: Path, engine: AsyncEngine, signer: Signer, http: aiohttp.ClientSession
) -> None:
    async with httpx.AsyncClient(base_url=process.url, timeout=60) as client:
        community = await make_community(client, engine, signer)
        file = File(content=os.urandom(FILE_BYTES), filename="a.bin", content_type="application/octet-stream")
        ready = await upload(community.ben, http, community.space_id, file)
        before = peak_bytes(process.pid)

        path, token = f"/api/v1/files/{ready['id']}", community.ben.headers["authorization"]
        unread = [await ask(process, path, token) for _ in range(DOWNLOADS)]
        answer = await community.ben.ask("GET", f"/api/v1/uploads/{ready['id']}")

        async def are_given_up() -> bool:
            return count_given_up(log) >= DOWNLOADS

        await eventually(are_given_up, seconds=60)
        got = [await rest_of(reader) for reader, _ in unread]
        for _, writer in unread:
            writer.close()

    assert answer.status_code == 200
    assert (peak_bytes(process.pid) - before) / DOWNLOADS < 3 * MEGABYTE
    assert max(got) < FILE_BYTES
