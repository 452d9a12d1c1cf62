"""`python -m <service> dead-letters list | retry | drop`: what a consumer group gave up, for a person to decide."""

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, Final, Protocol, cast

import msgspec
from redis.asyncio import Redis

from chassis.settings import Secret
from contracts.events import Envelope
from streams import bus

ALL: Final = "all"
USAGE: Final = "usage: dead-letters list | retry ID|all | drop ID|all\n"


class Settings(Protocol):
    """Of a service that has a consumer group."""

    @property
    def redis_url(self) -> Secret: ...


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that was given up; `id` is its own, `entry` the one it had in `stream`."""

    stream: str
    id: str
    entry: str
    error: str
    fields: dict[bytes, bytes]

    @property
    def envelope(self) -> Envelope | None:
        """None for what is no envelope."""
        try:
            return bus.decode(self.fields)
        except bus.Malformed:
            return None


def key_of(stream: str, group: str) -> str:
    """The stream of the dead letters of a group."""
    return f"{stream}.dead.{group}"


async def find(redis: Redis, group: str, *, wanted: str = ALL) -> AsyncGenerator[DeadLetter]:
    """Those of a group, or the one with the id `wanted`, oldest first in each stream."""
    suffix = key_of("", group)
    keys = [cast("bytes", key).decode() async for key in cast("Any", redis).scan_iter(match=f"*{suffix}")]
    for key in sorted(keys):
        first, last = ("-", "+") if wanted == ALL else (wanted, wanted)
        for entry_id, fields in cast("list[bus.Entry]", await redis.xrange(key, first, last)):
            error = fields.get(b"error", b"").decode(errors="replace")
            entry = fields.get(b"entry", b"").decode()
            kept = {name: value for name, value in fields.items() if name not in {b"error", b"entry"}}
            stream = key.removesuffix(suffix)
            yield DeadLetter(stream=stream, id=entry_id.decode(), entry=entry, error=error, fields=kept)


async def retry(redis: Redis, group: str, letter: DeadLetter) -> None:
    """Back to the end of its stream. Other readers drop the repeat: by their inbox, or by its `seq`."""
    pipeline = cast("Any", redis.pipeline(transaction=True))
    pipeline.xadd(letter.stream, letter.fields)
    pipeline.xdel(key_of(letter.stream, group), letter.id)
    await pipeline.execute()


async def drop(redis: Redis, group: str, letter: DeadLetter) -> None:
    """For good."""
    await redis.xdel(key_of(letter.stream, group), letter.id)


def command(group: str) -> Callable[[Settings, Sequence[str]], Awaitable[None]]:
    """For `Service.commands`."""

    async def run(settings: Settings, arguments: Sequence[str]) -> None:
        match list(arguments):
            case ["list"]:
                act, wanted = None, ALL
            case ["retry", wanted]:
                act = retry
            case ["drop", wanted]:
                act = drop
            case _:
                sys.stderr.write(USAGE)
                sys.exit(2)
        redis = bus.connect(settings.redis_url.reveal())
        try:
            async for letter in find(redis, group, wanted=wanted):
                if act is not None:
                    await act(redis, group, letter)
                sys.stdout.write(_line(letter))
        finally:
            await redis.aclose()

    return run


def _line(letter: DeadLetter) -> str:
    envelope = letter.envelope
    what = f"{envelope.type} {envelope.topic} {envelope.seq}" if envelope else "no envelope"
    return f"{letter.id}  {letter.stream} {letter.entry}  {what}  {letter.error}\n"
