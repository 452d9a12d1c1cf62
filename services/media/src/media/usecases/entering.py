"""Who acts, and whether they may see or do what they ask for."""

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import RecordingId, SpaceId
from contracts.messaging import Role
from contracts.problems import NotFound
from media.domain.actors import Actor, role_of
from media.domain.life import StoredRecording
from media.store import people, recordings


async def act_for(connection: AsyncConnection, discord_id: str, *, manages_guild: str | None) -> Actor:
    """A Discord user, as a bot names them."""
    user_id = await people.user_of(connection, discord_id)
    return Actor(user_id=user_id, discord_id=discord_id, manages_guild=manages_guild)


async def enter_space(connection: AsyncConnection, space_id: SpaceId, *, actor: Actor) -> Role:
    """What the actor is there. Raises `NotFound` for strangers, `NotLinked` for unknown Discord users."""
    membership = None
    if actor.user_id is not None:
        membership = await people.membership(connection, space_id, actor.user_id)
    return role_of(actor, membership=membership, guild_id=await people.guild_of(connection, space_id))


async def enter(
    connection: AsyncConnection, recording_id: RecordingId, *, actor: Actor, lock: bool = False, deleted: bool = False
) -> tuple[StoredRecording, Role]:
    """The recording, for who may see it; what is deleted only where it is asked for."""
    stored = await recordings.find(connection, recording_id, lock=lock)
    if stored is None or stored.purge_at is not None:
        raise NotFound
    role = await enter_space(connection, stored.recording.space_id, actor=actor)
    if stored.recording.deleted_at is not None and not deleted:
        raise NotFound
    return stored, role
