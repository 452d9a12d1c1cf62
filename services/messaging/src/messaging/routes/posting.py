"""The write paths of a post: one transaction for each, or one for all that arrived while the last was under way."""

from collections.abc import Awaitable
from typing import Final, Protocol, runtime_checkable

from litestar import Response
from litestar.enums import MediaType
from msgspec.structs import replace
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.messaging import Message
from contracts.problems import Problem, Unavailable
from contracts.times import now
from messaging.domain.content import Post
from messaging.settings import Settings
from messaging.store.posting import fetching
from messaging.usecases.attaching import Attachments
from messaging.usecases.posting import Said, post_messages

TRIES: Final = 3
"""How often a post is tried when another one with its nonce is being committed at the same moment."""


@runtime_checkable
class WritePath(Protocol):
    """Takes a post to its commit."""

    def post(self, post: Post) -> Awaitable[Said]: ...


class AttachmentPoster:
    """Asks media first, where something is attached."""

    def __init__(self, write_path: WritePath, attachments: Attachments) -> None:
        self._write_path = write_path
        self._attachments = attachments

    def post(self, post: Post) -> Awaitable[Said]:
        return self._attach(post) if post.draft.attachments else self._write_path.post(post)

    async def _attach(self, post: Post) -> Said:
        held = await self._attachments.attach(post)
        if held is not None:
            post = replace(post, files=held.files)
        try:
            said = await self._write_path.post(post)
        except Unavailable:
            raise  # perhaps it was posted
        except Problem:
            await self._attachments.release(held)
            raise
        if said.repeated:
            await self._attachments.release(held)
        return said


class SinglePoster:
    """One post, one transaction."""

    def __init__(self, engine: AsyncEngine, *, limits: Settings) -> None:
        self._engine = engine
        self._limits = limits

    async def post(self, post: Post) -> Said:
        for _ in range(TRIES):
            try:
                async with self._engine.begin() as connection:
                    settled = await post_messages(
                        fetching(connection), [post], at=now(), limits=self._limits, notify=True
                    )
            except IntegrityError:
                continue
            [outcome] = settled.outcomes
            if isinstance(outcome, Problem):
                raise outcome
            return outcome
        raise Unavailable("The same message is being posted elsewhere", retry_after_seconds=1)


def answer(said: Said) -> Response[Message]:
    """The message's bytes as they are: they were encoded for the event already."""
    status = 200 if said.repeated else 201
    return Response(said.data, status_code=status, media_type=MediaType.JSON)  # pyright: ignore[reportReturnType]
