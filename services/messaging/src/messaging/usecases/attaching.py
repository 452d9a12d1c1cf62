"""What is attached to a message is asked of media before the message is said."""

from contextlib import suppress
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.files import AttachedFile
from contracts.ids import ChannelId
from contracts.media import UploadsWanted
from contracts.problems import FieldError, InvalidInput, NotFound, Unavailable
from messaging.clients import Uploads
from messaging.domain.content import Post
from messaging.settings import Settings
from messaging.store import messages
from messaging.store import posting as store
from messaging.usecases.posting import decide

NOT_READY = "is not an upload of yours that is ready in this space"


class Held(msgspec.Struct, frozen=True):
    """What media holds for a message, and what it is."""

    wanted: UploadsWanted
    files: tuple[AttachedFile, ...]


class Attachments:
    """Has media tie uploads to the channel in which they are about to be shown."""

    def __init__(self, engine: AsyncEngine, uploads: Uploads, *, limits: Settings) -> None:
        self._engine = engine
        self._uploads = uploads
        self._limits = limits

    async def attach(self, post: Post) -> Held | None:
        """What is held for the message now. Raises what posting would: nobody ties anything to a channel in which
        they may not say it.

        A repeat is answered as it was, whatever became of its attachments since: for it nothing is held.
        """
        async with self._engine.connect() as connection:
            poster = (await store.posters(store.fetching(connection), [post])).get(0)
        if poster is None:
            raise NotFound
        if decide(post, poster, limits=self._limits) is not None:
            return None
        ids = post.draft.attachments
        wanted = UploadsWanted(
            space_id=poster.access.channel.space_id, channel_id=post.channel_id, user_id=post.author_id, ids=ids
        )
        answer = await self._uploads.attach(wanted)
        if answer.missing:
            missing = frozenset(answer.missing)
            raise InvalidInput(
                errors=[FieldError(f"/attachments/{n}", NOT_READY) for n, one in enumerate(ids) if one in missing]
            )
        return Held(wanted, answer.files)

    async def release(self, held: Held | None) -> None:
        """No message came of it after all. While media does not answer it finds out by itself, later."""
        if held is not None:
            with suppress(Unavailable):
                await self._uploads.release(held.wanted)


async def check_is_shown(connection: AsyncConnection, channel_id: ChannelId, upload_id: UUID) -> None:
    """Raises `NotFound` unless a message of the channel shows it."""
    if not await messages.is_shown(connection, channel_id, upload_id):
        raise NotFound
