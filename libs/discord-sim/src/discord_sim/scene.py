"""A scene in a file: who and what there is when the simulator starts, and who talks."""

import asyncio
from pathlib import Path

import msgspec

from discord_sim.entities import ALL_PERMISSIONS, Application, ChannelKind, User
from discord_sim.instance import Instance
from discord_sim.voice.sounds import babble, read_ogg_opus

PACKETS_PER_SECOND = 50


class BotCast(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """With a fixed id, token and secret a bot outside can be configured before the simulator runs."""

    name: str
    id: int | None = None
    token: str | None = None
    client_secret: str | None = None
    redirect_uris: tuple[str, ...] = ()


class Speech(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody comes into a voice channel and talks: a file, or noise of their own."""

    who: str
    channel: str
    after: float = 0.0
    file: str | None = None
    seconds: float = 3.0
    pause: float = 1.0
    times: int = 1
    stay: bool = True


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    owner: str
    text: tuple[str, ...] = ("general",)
    voice: tuple[str, ...] = ("Lounge",)
    locale: str = "en-US"


class Scene(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everybody is a member of the one guild."""

    guild: Place
    people: tuple[str, ...]
    bots: tuple[BotCast, ...] = ()
    speeches: tuple[Speech, ...] = ()


DEFAULT = Scene(guild=Place(name="Guildhall", owner="ada"), people=("ada", "bela", "cyd"), bots=(BotCast("guildhall"),))


class SceneError(Exception):
    """The file can't be played; the text says why."""


def read_scene(path: Path) -> Scene:
    try:
        scene = msgspec.json.decode(path.read_bytes(), type=Scene, strict=False)
    except (OSError, msgspec.MsgspecError) as problem:
        raise SceneError(f"scene {path}: {problem}") from problem
    strangers = {scene.guild.owner, *(speech.who for speech in scene.speeches)} - set(scene.people)
    nowhere = {speech.channel for speech in scene.speeches} - set(scene.guild.voice)
    if strangers or nowhere:
        raise SceneError(f"scene {path}: not in it: {', '.join(sorted(strangers | nowhere))}")
    return scene


class Play:
    """A scene that has been set up, and is played."""

    def __init__(self, sim: Instance, scene: Scene, *, folder: Path) -> None:
        self.sim, self.scene, self.folder = sim, scene, folder
        world, place = sim.world, scene.guild
        self.people: dict[str, User] = {name: world.add_user(name.lower(), display_name=name) for name in scene.people}
        self.guild = world.add_guild(place.name, owner=self.people[place.owner], locale=place.locale)
        for name in place.text:
            world.add_channel(self.guild.id, name=name)
        self.voice = {name: world.add_channel(self.guild.id, name=name, kind=ChannelKind.VOICE) for name in place.voice}
        for user in self.people.values():
            if user.id not in self.guild.members:
                world.join_guild(self.guild.id, user=user)
        self.bots = [self._add_bot(cast) for cast in scene.bots]

    async def perform(self) -> None:
        """Everybody talks as written, until all is said."""
        async with asyncio.TaskGroup() as voices:
            for speech in self.scene.speeches:
                voices.create_task(self._speak(speech))

    async def _speak(self, speech: Speech) -> None:
        speaker = self.sim.speaker(self.guild.id, user_id=self.people[speech.who].id)
        frames = await asyncio.to_thread(self._frames, speech)
        await asyncio.sleep(speech.after)
        speaker.join(self.voice[speech.channel].id)
        for _ in range(speech.times):
            await speaker.say(frames)
            speaker.rest(speech.pause)
            await asyncio.sleep(speech.pause)
        if not speech.stay:
            speaker.leave()

    def _frames(self, speech: Speech) -> list[bytes]:
        if speech.file is None:
            return babble(round(speech.seconds * PACKETS_PER_SECOND), seed=self.people[speech.who].id)
        return read_ogg_opus(self.folder / speech.file)

    def _add_bot(self, cast: BotCast) -> Application:
        application = self.sim.world.add_bot(
            cast.name, owner=self.people[self.scene.guild.owner], redirect_uris=cast.redirect_uris, bot_id=cast.id
        )
        application.token = cast.token or application.token
        application.client_secret = cast.client_secret or application.client_secret
        self.sim.world.join_guild(self.guild.id, user=application.bot, permissions=ALL_PERMISSIONS)
        return application
