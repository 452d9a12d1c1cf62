"""Calls to other systems."""

from chassis.http import ServiceClient
from contracts.auth import ActingAsked, Profile
from contracts.media import UploadsMissing, UploadsWanted
from contracts.problems import NotLinked, Unavailable


class DiscordUsers:
    """Who a Discord user is here. Auth says it, each time, and writes into that user's security log what it was for."""

    def __init__(self, auth: ServiceClient) -> None:
        self._auth = auth

    async def find(self, discord_id: str, *, action: str, by: str) -> Profile:
        """For `action`, which the service `by` began. Raises `NotLinked`, or `Unavailable` when auth does not say."""
        asked = ActingAsked(provider="discord", provider_user_id=discord_id, action=action, on_behalf_by=by)
        answer = await self._auth.ask("POST", "/internal/acting", body=asked)
        if answer.status == 404:
            raise NotLinked("Link it first: type /link in Discord, and log in")
        if answer.status != 200:
            raise Unavailable(f"auth does not say who acts: {answer.status}")
        return answer.decode(Profile)


class Uploads:
    """The files that people gave media. Without media there are none."""

    def __init__(self, media: ServiceClient | None) -> None:
        self._media = media

    async def attach(self, wanted: UploadsWanted) -> UploadsMissing:
        """Those that cannot be attached; where there are none, all are. Raises `Unavailable` without an answer."""
        if self._media is None:
            raise Unavailable("Nothing can be attached here", retry_after_seconds=60)
        answer = await self._media.ask("POST", "/internal/uploads/attach", body=wanted)
        if answer.status >= 300:
            raise Unavailable(f"media does not say what can be attached: {answer.status}", retry_after_seconds=1)
        return answer.decode(UploadsMissing)

    async def release(self, wanted: UploadsWanted) -> None:
        """The message for which they were attached was refused. Raises `Unavailable` without an answer."""
        if self._media is not None:
            await self._media.ask("POST", "/internal/uploads/release", body=wanted)
