"""Messaging and auth, asked with media's own token."""

from typing import Final, TypeVar
from uuid import UUID

import msgspec

from chassis.http import Answer, ServiceClient
from contracts.auth import ActingAsked, Profile
from contracts.events import LogPage
from contracts.ids import ChannelId, RecordingId, SpaceId, UserId
from contracts.messaging import Channel, Role, Space
from contracts.problems import Unavailable

T = TypeVar("T")

DISCORD: Final = "discord"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A space that somebody is a member of, as far as media needs it."""

    id: SpaceId
    role: Role
    guild_id: str | None = None


class Services:
    """Every call raises `Unavailable` when there is no answer that makes sense."""

    def __init__(self, *, auth: ServiceClient, messaging: ServiceClient) -> None:
        self._auth = auth
        self._messaging = messaging

    async def user_of(self, discord_id: str, *, action: str, by: str) -> UserId | None:
        """Whose account a Discord account is; auth writes down that the service `by` wanted to know."""
        asked = ActingAsked(provider=DISCORD, provider_user_id=discord_id, action=action, on_behalf_by=by)
        found = _found(await self._auth.ask("POST", "/internal/acting", body=asked), Profile)
        return None if found is None else found.id

    async def places_of(self, user_id: UserId) -> list[Place]:
        answer = await self._messaging.ask("GET", f"/internal/people/{user_id}/spaces")
        return _found(answer, list[Place]) or []

    async def space_of(self, guild_id: str) -> SpaceId | None:
        answer = await self._messaging.ask("GET", "/internal/spaces", params={"guild_id": guild_id})
        found = _found(answer, Space)
        return None if found is None else found.id

    async def members_of(self, space_id: SpaceId) -> frozenset[UserId]:
        params = {"topic": f"space:{space_id}", "audience": "true"}
        page = _found(await self._messaging.ask("GET", "/internal/log", params=params), LogPage)
        return frozenset() if page is None or page.audience is None else page.audience

    async def may_view(self, channel_id: ChannelId, user_id: UserId) -> bool:
        answer = await self._messaging.ask("GET", f"/internal/channels/{channel_id}/people/{user_id}")
        if answer.status not in {204, 404}:
            raise Unavailable(f"answered {answer.status}")
        return answer.status == 204

    async def shows(self, channel_id: ChannelId, upload_id: UUID) -> bool:
        """Whether a message of the channel shows an upload."""
        answer = await self._messaging.ask("GET", f"/internal/channels/{channel_id}/uploads/{upload_id}")
        if answer.status not in {204, 404}:
            raise Unavailable(f"answered {answer.status}")
        return answer.status == 204

    async def provide_channel(self, space_id: SpaceId, recording_id: RecordingId, *, name: str) -> Channel | None:
        """The recording's own channel, the same one each time; None when messaging will not make one."""
        path = f"/internal/spaces/{space_id}/recordings/{recording_id}/channel"
        answer = await self._messaging.ask("PUT", path, body={"name": name})
        return None if answer.status in {400, 409} else _found(answer, Channel)


def _found(answer: Answer, expected: type[T]) -> T | None:
    if answer.status == 404:
        return None
    if answer.status >= 300:
        raise Unavailable(f"answered {answer.status}")
    return answer.decode(expected)
