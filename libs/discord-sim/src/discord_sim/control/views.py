"""What the control API shows: Discord's own shapes, and beside them what only the simulator knows."""

from discord_sim import wire
from discord_sim.entities import Application, Json
from discord_sim.instance import Instance
from discord_sim.interactions import Interaction
from discord_sim.rest.server import Made


def bot(application: Application) -> Json:
    return {
        "id": str(application.id),
        "name": application.bot.name,
        "token": application.token,
        "client_id": str(application.id),
        "client_secret": application.client_secret,
        "public_key": application.public_key,
    }


def interaction(one: Interaction, *, failed: bool) -> Json:
    return {
        "id": str(one.id),
        "token": one.token,
        "kind": one.kind.name.lower(),
        "acknowledged_after": one.acknowledged_after,
        "failed": failed,
        "response": wire.message(one.response) if one.response else None,
        "versions": [wire.message(each) for each in one.versions],
        "follow_ups": [wire.message(each) for each in one.follow_ups],
        "modal": one.modal,
        "choices": one.choices,
    }


def call(made: Made) -> Json:
    return {
        "method": made.method,
        "path": made.path,
        "body": made.body,
        "bot_id": made.bot_id and str(made.bot_id),
        "at": made.at,
        "status": made.status,
    }


def world(sim: Instance) -> Json:
    """Everything that the page shows but the messages."""
    everything = sim.world
    return {
        "users": [wire.user(each) for each in everything.users.values()],
        "bots": [bot(each) | {"online": sim.gateway.is_ready(each.id)} for each in everything.applications.values()],
        "guilds": [
            wire.guild(each)
            | {
                "channels": [wire.channel(channel) for channel in each.channels.values()],
                "members": [wire.member(member) for member in each.members.values()],
                "voice_states": [
                    wire.voice_state(state) for state in everything.voice_states.values() if state.guild_id == each.id
                ],
            }
            for each in everything.guilds.values()
        ],
        "commands": [
            {"application_id": str(each.id), "name": command["name"], "guild_id": command.get("guild_id")}
            for each in everything.applications.values()
            for commands in each.commands.values()
            for command in commands
        ],
    }
