"""`make demo`: the whole system against the Discord simulator; three people talk, and a recording comes of it."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import msgspec
import structlog

from contracts.media import Recording, RecordingDetail, RecordingState
from contracts.messaging import Space
from discord_sim.entities import ALL_PERMISSIONS, Application, ChannelKind
from discord_sim.people import Person as Member
from discord_sim.simulator import Simulator
from discord_sim.voice.sounds import babble
from testkit.client import Person
from testkit.runs import NotReady, Run

NAMES: Final = ("Ann", "Bob", "Cyd")
PACKETS_PER_SECOND: Final = 50
READY_SECONDS_MAX: Final = 180

Say = Callable[[str], None]


class Guild:
    """A simulated Discord server with two bots in it, and people who also have accounts here."""

    def __init__(self, sim: Simulator, url: str) -> None:
        self.sim = sim
        world = sim.world
        self.people = {name: sim.person(name) for name in NAMES}
        self.guild = world.add_guild("The guild", owner=self.people["Ann"].user)
        self.text = world.add_channel(self.guild.id, name="general")
        self.voice = world.add_channel(self.guild.id, name="Lounge", kind=ChannelKind.VOICE)
        for person in self.people.values():
            if person.user.id not in self.guild.members:
                world.join_guild(self.guild.id, user=person.user)
        self.control = self._add_bot("Guildhall", redirect_uris=(f"{url}/api/v1/auth/discord/callback",))
        self.recorder = self._add_bot("Guildhall Recorder")

    def _add_bot(self, name: str, *, redirect_uris: tuple[str, ...] = ()) -> Application:
        bot = self.sim.world.add_bot(name, redirect_uris=redirect_uris)
        self.sim.world.join_guild(self.guild.id, user=bot.bot, permissions=ALL_PERMISSIONS)
        return bot

    def environ(self) -> dict[str, str]:
        """What an operator would set for their own bots."""
        return {
            "AUTH_DISCORD_CLIENT_ID": str(self.control.id),
            "AUTH_DISCORD_CLIENT_SECRET": self.control.client_secret,
            "AUTH_DISCORD_URL": self.sim.url,
            "CONTROL_BOT_DISCORD_TOKEN": self.control.token,
            "CONTROL_BOT_DISCORD_REST_URL": self.sim.rest_url,
            "RECORDER_BOT_DISCORD_TOKENS": self.recorder.token,
            "RECORDER_BOT_DISCORD_REST_URL": self.sim.rest_url,
            "RECORDER_BOT_DISCORD_CA_FILE": str(self.sim.certificates.authority),
        }

    async def link(self, http: aiohttp.ClientSession, member: Member, account: Person) -> None:
        """Type `/link`, press its button, and do what the page behind it does; then agree on Discord's page."""
        answer = await member.types(self.text, "/link", application=self.control).answered(seconds=15)
        page: str = answer.components[0]["components"][0]["url"]
        async with http.get(page) as shown:
            shown.raise_for_status()
        meant = urlsplit(page).query
        started = await account.call("GET", f"/api/v1/auth/discord/start?mode=link&return_to=/&{meant}")
        back = self.sim.agree(started["authorize_url"], user=member.user)
        async with http.get(back, allow_redirects=False) as answer:
            if "linked=discord" not in answer.headers.get("location", ""):
                raise RuntimeError(f"linking failed: {answer.status} {answer.headers.get('location')}")

    async def asks(self, member: Member, line: str, **options: Any) -> str:
        """Type a command; gives the bot's answer."""
        message = await member.types(self.text, line, application=self.control, **options).answered(seconds=15)
        return message.content or " ".join(str(embed.get("description", "")) for embed in message.embeds)

    async def talk(self, name: str, *, sentences: int, seconds: float, after: float) -> None:
        """Come into the voice channel and say some sentences."""
        user = self.people[name].user
        speaker = self.sim.speaker(self.guild.id, user_id=user.id)
        await asyncio.sleep(after)
        speaker.join(self.voice.id)
        await speaker.ready(timeout_seconds=15)
        for sentence in range(sentences):
            await speaker.say(babble(round(seconds * PACKETS_PER_SECOND), seed=user.id + sentence))
            speaker.rest(1.0)
            await asyncio.sleep(1.0)


@asynccontextmanager
async def guild_of(run: Run) -> AsyncGenerator[Guild]:
    """The run, started with its bots in a simulated Discord server."""
    async with Simulator() as sim:
        guild = Guild(sim, run.url)
        await asyncio.to_thread(run.start, **guild.environ())
        try:
            await asyncio.gather(*(sim.ready(bot.id) for bot in (guild.control, guild.recorder)))
            yield guild
        finally:
            await asyncio.to_thread(run.end)


async def record(guild: Guild, run: Run, *, sentences: int, seconds: float, say: Say) -> tuple[Person, RecordingDetail]:
    """From an empty installation to a finished recording; gives Ann's account and the recording."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        ann, account = guild.people["Ann"], await Person.register(http, run.url, "Ann")
        space: Space = (await account.make_space("The guild"))[0]
        await guild.link(http, ann, account)
        say("Ann has an account, a space, and by /link her Discord account linked")
        say(f"/space link      {await guild.asks(ann, '/space link', space=space.name)}")
        talking = [
            asyncio.create_task(guild.talk(name, sentences=sentences, seconds=seconds, after=number * 0.5))
            for number, name in enumerate(NAMES)
        ]
        say(
            f"/record start    {await guild.asks(ann, '/record start', channel=guild.voice, title='The first evening')}"
        )
        say(f"{', '.join(NAMES)} talk in #{guild.voice.name} …")
        await asyncio.gather(*talking)
        say(f"/record stop     {await guild.asks(ann, '/record stop', channel=guild.voice)}")
        async with asyncio.timeout(READY_SECONDS_MAX):
            while True:
                found = await account.call("GET", f"/api/v1/recordings?space_id={space.id}")
                [one] = msgspec.convert(found["items"], list[Recording])
                if one.state in {RecordingState.READY, RecordingState.FAILED}:
                    detail = await account.call("GET", f"/api/v1/recordings/{one.id}")
                    return account, msgspec.convert(detail, RecordingDetail, strict=False)
                await asyncio.sleep(0.5)


async def download(account: Person, recording: RecordingDetail, folder: Path) -> list[Path]:
    """Each track as a file that any player plays."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    headers = {"authorization": f"Bearer {account.access_token}"}
    files: list[Path] = []
    async with aiohttp.ClientSession(headers=headers) as http:
        for track in recording.tracks:
            url = f"{account.base_url}/api/v1/recordings/{recording.id}/tracks/{track.number}/audio"
            async with http.get(url) as answer:
                answer.raise_for_status()
                file = folder / f"{track.number}-{track.speaker.name}.ogg"
                await asyncio.to_thread(file.write_bytes, await answer.read())
                files.append(file)
    return files


async def demo(folder: Path, port: int) -> None:
    run = Run(folder, PORT=str(port))
    run.url = f"http://localhost:{port}"
    print("starting everything, and a Discord server that is not Discord's …", flush=True)
    async with guild_of(run) as guild:
        print(f"  Guildhall        {run.url}\n  simulated Discord {guild.sim.url} (a page to watch)", flush=True)
        account, recording = await record(
            guild, run, sentences=8, seconds=4.0, say=lambda line: print(f"  {line}", flush=True)
        )
        print(f"the recording is {recording.state.value}, {recording.duration_ms / 1000:.1f} s long:")
        for file in await download(account, recording, folder / "recordings" / str(recording.id)):
            print(f"  {file}")
        print("listen to them with any player; Ctrl-C ends the demo", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        asyncio.run(demo(Path(os.environ.get("DATA_DIR", "var/demo")).resolve(), int(os.environ.get("PORT", "8000"))))
    except NotReady as problem:
        sys.exit(f"the demo can't start: {problem}")
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
