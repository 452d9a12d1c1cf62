"""Request guild members (op 8): answered in chunks of a thousand."""

from collections.abc import Iterator
from typing import Any, cast

from discord_sim import wire
from discord_sim.entities import Guild, Json, Member
from discord_sim.gateway.dispatches import Dispatch

CHUNK = 1000


def chunks(guild: Guild, *, asked: Json) -> Iterator[Dispatch]:
    found, missing = _find(guild, asked=asked)
    parts = [found[at : at + CHUNK] for at in range(0, len(found), CHUNK)] or [[]]
    for index, part in enumerate(parts):
        data: Json = {
            "guild_id": str(guild.id),
            "members": [wire.member(each) for each in part],
            "chunk_index": index,
            "chunk_count": len(parts),
            "not_found": missing,
        }
        if asked.get("presences"):
            data["presences"] = []
        if asked.get("nonce"):
            data["nonce"] = asked["nonce"]
        yield Dispatch("GUILD_MEMBERS_CHUNK", data)


def _find(guild: Guild, *, asked: Json) -> tuple[list[Member], list[str]]:
    wanted: Any = asked.get("user_ids")
    if wanted:
        ids = cast("list[Any]", wanted) if isinstance(wanted, list) else [wanted]
        found = [guild.members[int(each)] for each in ids if int(each) in guild.members]
        return found, [str(each) for each in ids if int(each) not in guild.members]
    found = guild.named(asked.get("query") or "")
    limit = int(asked.get("limit") or 0)
    return (found[:limit] if limit else found), []
