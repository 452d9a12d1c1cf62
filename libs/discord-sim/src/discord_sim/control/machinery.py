"""Actions on the machinery: voice states, faults, cut connections, and the log of REST calls."""

import asyncio
from pathlib import Path

from discord_sim.control import views
from discord_sim.control.actions import Actions
from discord_sim.entities import Json
from discord_sim.faults import GatewayFaults, RestFault
from discord_sim.instance import Instance
from discord_sim.voice.faults import Faults
from discord_sim.voice.sounds import babble, read_ogg_opus

actions = Actions()
PACKETS_PER_SECOND = 50
VOICE_FAULTS = {name: kind for name, kind in Faults.__annotations__.items() if kind in {float, bool}}


@actions("GET world")
def show(sim: Instance) -> Json:
    return views.world(sim)


@actions("GET calls")
def calls(sim: Instance, *, after: int = 0) -> list[Json]:
    """REST requests, oldest first, from the given number on."""
    return [views.call(each) for each in sim.calls[after:]]


@actions("POST voice/join")
def join_voice(sim: Instance, *, guild_id: int, user_id: int, channel_id: int) -> None:
    """Come into a voice channel, or go over to another."""
    sim.speaker(guild_id, user_id=user_id).join(channel_id)


@actions("POST voice/leave")
def leave_voice(sim: Instance, *, guild_id: int, user_id: int) -> None:
    """Leave, or be disconnected by a moderator: to everybody else it is the same."""
    sim.world.leave_voice(guild_id, user_id=user_id)


@actions("POST voice/move")
def move_voice(sim: Instance, *, guild_id: int, user_id: int, channel_id: int) -> None:
    sim.world.move_voice(guild_id, user_id=user_id, channel_id=channel_id)


@actions("POST voice/silence")
def silence(sim: Instance, *, guild_id: int, user_id: int, mute: bool = False, deaf: bool = False) -> None:
    sim.world.silence(guild_id, user_id=user_id, mute=mute, deaf=deaf)


@actions("POST voice/talk")
async def talk(sim: Instance, *, guild_id: int, user_id: int, file: str | None = None, seconds: float = 1.0) -> None:
    """Talk in the channel one is in: an Ogg Opus file, or noise of this length. Answers when it is said."""
    if file is None:
        frames = babble(round(seconds * PACKETS_PER_SECOND), seed=user_id)
    else:
        frames = await asyncio.to_thread(read_ogg_opus, Path(file))
    await sim.speaker(guild_id, user_id=user_id).say(frames)


@actions("POST voice/move-server")
async def move_server(sim: Instance, *, guild_id: int, away: float = 0.0, announced: bool = True) -> None:
    """The guild's voice server goes away, with or without a null endpoint, and another comes after `away` seconds."""
    allocate = sim.voice.move_server(guild_id, announced=announced)
    await asyncio.sleep(away)
    allocate()


@actions("POST voice/disconnect")
def disconnect_voice(sim: Instance, *, guild_id: int, user_id: int, code: int) -> None:
    """Close a user's voice socket with a code; 1006 cuts it."""
    sim.voice.disconnect(guild_id, user_id, code=code)


@actions("POST faults/voice")
def set_voice_faults(sim: Instance, *, faults: dict[str, float]) -> None:
    """What happens to voice packets from now on, by the names of `discord_sim.voice.faults.Faults`; where the server
    insists or not, 1 or 0."""
    if strange := faults.keys() - VOICE_FAULTS.keys():
        raise LookupError(f"No such voice fault: {', '.join(sorted(strange))}")
    for name, value in faults.items():
        setattr(sim.voice.faults, name, VOICE_FAULTS[name](value))


@actions("POST voice/downgrade")
def downgrade(sim: Instance, *, channel_id: int) -> None:
    """A client comes that cannot do DAVE: the channel goes on without it."""
    sim.voice.downgrade(channel_id)


@actions("POST voice/upgrade")
def upgrade(sim: Instance, *, channel_id: int) -> None:
    """Everybody in the channel can do DAVE again."""
    sim.voice.upgrade(channel_id)


@actions("POST voice/next-ssrcs")
def next_ssrcs(sim: Instance, *, ssrcs: tuple[int, ...]) -> None:
    """Give these to those who connect next, used before or not."""
    sim.voice.next_ssrcs.extend(ssrcs)


@actions("POST voice/cut-off")
def cut_off(sim: Instance, *, user_ids: tuple[int, ...]) -> None:
    """Nothing reaches these by UDP any more, nor comes from them; none are named: everybody is reached again."""
    sim.voice.faults.cut_off = set(user_ids)


@actions("POST faults/rest")
def add_rest_fault(sim: Instance, *, fault: RestFault) -> None:
    sim.faults.rest.append(fault)


@actions("POST faults/gateway")
def set_gateway_faults(sim: Instance, *, faults: GatewayFaults) -> None:
    """What the gateway does wrong from now on; what is not named stops."""
    sim.faults.gateway = faults


@actions("DELETE faults")
def clear_faults(sim: Instance) -> None:
    sim.faults.clear()


@actions("POST gateway/drop")
def drop(sim: Instance, *, bot_id: int, code: int | None = None) -> None:
    """Cut the bot's gateway connection, or close it with a code."""
    sim.gateway.drop(bot_id, code=code)


@actions("POST gateway/reconnect")
def reconnect(sim: Instance, *, bot_id: int) -> None:
    sim.gateway.reconnect(bot_id)


@actions("POST gateway/invalidate")
def invalidate(sim: Instance, *, bot_id: int, resumable: bool = False) -> None:
    sim.gateway.invalidate(bot_id, resumable=resumable)


@actions("POST gateway/forget")
def forget(sim: Instance, *, bot_id: int) -> None:
    """Lose the bot's sessions without telling it."""
    sim.gateway.forget(bot_id)
