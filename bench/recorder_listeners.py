"""The two that listen: our recorder-bot, and discord.js with its own receiver."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import msgspec

from bench.programs import BenchError
from discord_sim.voice.stage import until
from testkit.recording.external_client import ExternalClient
from testkit.recording.recorder_setup import RecorderSetup, check_accounts

LENGTH_BYTES = 2
Tracks = Mapping[int, list[bytes]]


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """A process that is in the voice channel. When `finish` returns it has left, and all it heard is put away; then
    `tracks` gives everybody's packets."""

    pid: int
    finish: Callable[[], Awaitable[object]]
    tracks: Callable[[], Awaitable[Tracks]]


Listen = Callable[[], AbstractAsyncContextManager[Listening]]


@asynccontextmanager
async def recorder_bot(setup: RecorderSetup) -> AsyncGenerator[Listening]:
    """One recording of a recorder that goes on after it. What it heard is at media when it has finished."""
    recording, process = await setup.record(), setup.recorder.process
    if process is None:
        raise BenchError("the recorder is not running")

    async def finish() -> None:
        check_accounts(await setup.finish(recording))

    async def tracks() -> Tracks:
        return {int(user_id): packets for user_id, packets in (await setup.environment.packets(recording)).items()}

    yield Listening(pid=process.pid, finish=finish, tracks=tracks)


@asynccontextmanager
async def discord_js(setup: RecorderSetup, people: list[int], folder: Path) -> AsyncGenerator[Listening]:
    """A process of its own each time. What it heard is in one file for each speaker when it has finished."""
    external_client, log = ExternalClient(setup.sim, setup.guild.id, setup.voice.id), folder / "discord.js.log"
    given = {"PEOPLE": ",".join(map(str, people)), "FOLDER": str(folder)}
    async with external_client.running("listener.mjs", log, **given) as process:

        async def tells(event: str) -> None:
            await until(lambda: event in log.read_text() or process.returncode is not None)
            if process.returncode is not None:
                raise BenchError(f"discord.js has ended: {log.read_text()[-2000:]}")

        async def finish() -> None:
            process.send_signal(signal.SIGUSR2)
            await tells("finished")

        async def tracks() -> Tracks:
            return {user_id: await asyncio.to_thread(_read, folder / str(user_id)) for user_id in people}

        await tells("listening")
        yield Listening(pid=process.pid, finish=finish, tracks=tracks)


def _read(file: Path) -> list[bytes]:
    return list(_packets(file.read_bytes()))


def _packets(content: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        begin = at + LENGTH_BYTES
        at = begin + int.from_bytes(content[at:begin], "big")
        yield content[begin:at]
