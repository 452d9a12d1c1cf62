"""Redis as transport: the connection, the shape of an entry, and what counts as "away". Its types end here."""

import asyncio
import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, cast

import hiredis
import msgspec
import redis.asyncio
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, NoScriptError, RedisError, ResponseError  # noqa: A004  redis has its own

from contracts.events import Envelope

OUTAGES: Final = (RedisError, OSError, TimeoutError)
"""What a call raises while Redis cannot be reached; nothing is lost by it."""

FIELD: Final = b"e"
PENDING_MAX: Final = 1000
"""How many unacknowledged entries are looked at for one that is due."""
_pack: Final = cast("Any", hiredis).pack_command
_decoder: Final = msgspec.json.Decoder(Envelope)
_encoder: Final = msgspec.json.Encoder()

_ADD: Final = """
    for _, envelope in ipairs(ARGV) do redis.call('XADD', KEYS[1], '*', 'e', envelope) end
    return redis.call('GET', KEYS[2])
"""
_ADD_SHA: Final = hashlib.sha1(_ADD.encode(), usedforsecurity=False).hexdigest()  # how Redis names scripts

Entry = tuple[bytes, dict[bytes, bytes]]
Batches = list[tuple[str, list[Entry]]]


class Malformed(Exception):
    """A stream entry that is no envelope."""


class Connection(redis.asyncio.Connection):
    """Sends without `asyncio.wait_for`: on Python 3.11 that makes a task for each command and may swallow a cancel."""

    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
        if not self.is_connected:
            await self.connect_check_health(check_health=False)
        if check_health:
            await self.check_health()
        if isinstance(command, str):
            command = command.encode()
        try:
            async with asyncio.timeout(self.socket_timeout):
                await self._send_packed_command([command] if isinstance(command, bytes) else command)
        except OSError as error:
            await self.disconnect(nowait=True)
            raise ConnectionError(f"cannot write to Redis: {error!r}") from error
        except BaseException:
            await self.disconnect(nowait=True)  # half a command may have been sent
            raise


class DedicatedConnection:
    """A connection of one caller that asks one thing at a time, without what a pool does around each command.

    A broken one is replaced by the next question; it is closed with the pool.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._connection: Any = None

    async def ask(self, *words: str | bytes | int) -> Any:
        """Raises one of `OUTAGES`, like the client."""
        if self._connection is None:
            self._connection = await cast("Any", self._redis.connection_pool).get_connection()
        await self._connection.send_packed_command(_pack(words), check_health=False)
        return await self._connection.read_response()


def connect(url: str, *, timeout_seconds: float = 3.0) -> Redis:
    """A pool of connections. Each call fails within `timeout_seconds`; a broken connection is tried anew once."""
    return cast("Any", Redis).from_url(
        url,
        connection_class=Connection,
        protocol=2,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 1),
    )


def encode(envelope: Envelope) -> bytes:
    return _encoder.encode(envelope)


def decode(fields: dict[bytes, bytes]) -> Envelope:
    try:
        return _decoder.decode(fields[FIELD])
    except (KeyError, msgspec.MsgspecError) as error:
        raise Malformed(str(error)) from error


async def add(line: DedicatedConnection, stream: str, envelopes: Iterable[Envelope], *, marker: str) -> bytes | None:
    """Append to the stream, with one command for all; gives the value of `marker` as it was afterwards."""
    given = [stream, marker, *map(encode, envelopes)]
    try:
        return await line.ask("EVALSHA", _ADD_SHA, 2, *given)
    except NoScriptError:
        return await line.ask("EVAL", _ADD, 2, *given)


async def read(line: DedicatedConnection, positions: dict[str, bytes | str], *, count: int, block_ms: int) -> Batches:
    """What came after `positions`; waits up to `block_ms` for the first."""
    answer: list[tuple[bytes, list[tuple[bytes, list[bytes]]]]] | None = await line.ask(
        "XREAD", "COUNT", count, "BLOCK", block_ms, "STREAMS", *positions, *positions.values()
    )
    return [
        (name.decode(), [(entry_id, dict(zip(fields[::2], fields[1::2], strict=True))) for entry_id, fields in entries])
        for name, entries in answer or ()
    ]


async def read_share(
    redis: Redis, group: str, consumer: str, streams: Iterable[str], *, count: int, block_ms: int
) -> Batches:
    """New entries for this member of the group."""
    wanted = cast("dict[Any, Any]", dict.fromkeys(streams, ">"))
    answer = await redis.xreadgroup(group, consumer, wanted, count=count, block=block_ms)
    return [(name.decode(), entries) for name, entries in cast("list[tuple[bytes, list[Entry]]]", answer or [])]


async def between(redis: Redis, stream: str, start: str, end: str, *, count: int) -> list[Entry]:
    """The first entries with ids from `start` to `end`; `(` before an id leaves that one out."""
    return cast("list[Entry]", await redis.xrange(stream, start, end, count=count))


async def ensure_group(redis: Redis, stream: str, group: str) -> None:
    """Make the group at the start of the stream, unless it is there."""
    try:
        await redis.xgroup_create(stream, group, id="0", mkstream=True)
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise


async def claim_failed(
    redis: Redis, stream: str, group: str, consumer: str, *, pause_ms: int, count: int
) -> list[Entry]:
    """Take over what was delivered but not acknowledged for `pause_ms`, and twice as long for each try that failed."""
    pending = await redis.xpending_range(stream, group, "-", "+", PENDING_MAX, idle=pause_ms)
    if not pending:
        return []
    tries = await cast("Any", redis).hmget(_tries(stream, group), [one["message_id"] for one in pending])
    due = [
        one["message_id"]
        for one, tried in zip(pending, tries, strict=True)
        if one["time_since_delivered"] >= pause_ms * 2 ** max(0, int(tried or 1) - 1)
    ]
    if not due:
        return []
    claimed = await redis.xclaim(stream, group, consumer, pause_ms, cast("Any", due[:count]))
    return cast("list[Entry]", [entry for entry in claimed if entry[1]])


async def count_try(redis: Redis, stream: str, group: str, entry_id: bytes) -> int:
    """A try has failed; gives how many did. Redis' own count would not do: outages and other members use it up."""
    return int(await cast("Any", redis).hincrby(_tries(stream, group), entry_id, 1))


async def finish(redis: Redis, stream: str, group: str, entry_id: bytes) -> None:
    """Acknowledge, and forget the tries."""
    pipeline = cast("Any", redis.pipeline(transaction=False))
    pipeline.xack(stream, group, entry_id)
    pipeline.hdel(_tries(stream, group), entry_id)
    await pipeline.execute()


def _tries(stream: str, group: str) -> str:
    return f"{stream}.tries.{group}"


async def oldest_needed(redis: Redis, stream: str) -> bytes | None:
    """The oldest entry that a group still needs; None when there is no group."""
    needed: list[bytes] = []
    for group in await redis.xinfo_groups(stream):
        pending = await redis.xpending(stream, group["name"])
        needed.append(pending["min"] if pending["pending"] else group["last-delivered-id"])
    return min(needed, key=order, default=None)


async def oldest_unread(redis: Redis, stream: str) -> datetime | None:
    """When the oldest event happened that a group has not finished; None when all have finished all."""
    moments: list[datetime] = []
    if not await redis.exists(stream):
        return None
    for group in await redis.xinfo_groups(stream):
        pending = await redis.xpending(stream, group["name"])
        first = pending["min"] if pending["pending"] else b"(" + group["last-delivered-id"]
        for entry in cast("list[Entry]", await redis.xrange(stream, min=first, count=1)):
            try:
                moments.append(decode(entry[1]).at)
            except Malformed:
                continue
    return min(moments, default=None)


async def newest(redis: Redis, stream: str) -> datetime | None:
    """When the last event of the stream happened; None without any."""
    for entry in cast("list[Entry]", await redis.xrevrange(stream, count=1)):
        try:
            return decode(entry[1]).at
        except Malformed:
            continue
    return None


def order(entry_id: bytes | str) -> tuple[int, int]:
    """Entry ids compare as numbers, not as text."""
    text = entry_id.decode() if isinstance(entry_id, bytes) else entry_id
    milliseconds, _, count = text.partition("-")
    return int(milliseconds), int(count or 0)


async def run_id(redis: Redis) -> bytes:
    """Names the server's process: another one after every restart."""
    answer: dict[str, str] = await cast("Any", redis).info("server")
    return answer["run_id"].encode()


async def clock_ms(redis: Redis) -> int:
    """The server's time in Unix milliseconds, which entry ids begin with."""
    seconds, microseconds = await cast("Any", redis).time()
    return int(seconds) * 1000 + int(microseconds) // 1000
