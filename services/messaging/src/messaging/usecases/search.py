"""Search what one may read."""

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import SpaceId, UserId
from contracts.messaging import Message
from messaging.domain import search as domain
from messaging.domain.access import Access
from messaging.domain.paging import Page, bounded, cursor_of, id_of
from messaging.settings import Settings
from messaging.store import channels, messages, search, spaces
from messaging.store.search import BEGIN, END, Found, Wanted

_PIECE: Final = re.compile(f"{BEGIN}([^{END}]*){END}|([^{BEGIN}]+)")


class Piece(msgspec.Struct, frozen=True):
    """A part of a snippet; `match` when it is what was searched for. Plain text, to be escaped by who shows it."""

    text: str
    match: bool


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was found."""

    space_id: SpaceId
    message: Message
    snippet: list[Piece]


class HitPage(Page[Hit], frozen=True, kw_only=True, omit_defaults=True):
    """What was found, newest first."""

    items: list[Hit]


async def search_messages(
    connection: AsyncConnection,
    *,
    user_id: UserId,
    typed: str,
    space_id: SpaceId | None,
    before: str | None,
    limit: int | None,
    limits: Settings,
) -> HitPage:
    """Newest first, in one or all spaces of the reader; what is said meanwhile moves no later page."""
    query = domain.parse(typed, limits=limits)
    count = bounded(limit, limits=limits)
    below = None if before is None else id_of(before, parameter="before")
    mine = [space.id for space, _ in await spaces.of_person(connection, user_id)]
    chosen = [one for one in mine if space_id in {None, one}]
    visible = await channels.visible(connection, chosen, user_id, threads="all")
    wanted = Wanted(
        channels=[one.channel.id for one in visible if _is_in(one, query.channels)],
        words=query.words,
        authors=await _authors(connection, chosen, query.authors, user_id=user_id),
        before=query.before,
        after=query.after,
        has=query.has,
        below=below,
        count=count + 1,
    )
    found = await search.find(connection, wanted, seconds_max=limits.search_seconds_max)
    space_of = {one.channel.id: one.channel.space_id for one in visible}
    known = await messages.by_ids(
        connection, list({one.channel_id for one in found}), [one.message_id for one in found], reader=user_id
    )
    hits = [
        Hit(space_id=space_of[one.channel_id], message=known[one.message_id], snippet=_pieces(one))
        for one in found[:count]
    ]
    return HitPage(items=hits, next_cursor=cursor_of(hits[-1].message.id) if len(found) > count else None)


def _is_in(access: Access, named: Sequence[str]) -> bool:
    channel = access.channel
    return not named or any(one in {channel.name, str(channel.id), str(channel.parent_id)} for one in named)


async def _authors(
    connection: AsyncConnection, space_ids: Sequence[SpaceId], named: Sequence[str], *, user_id: UserId
) -> list[UserId] | None:
    """`me`, ids, and names; None when anybody will do."""
    if not named:
        return None
    ids = [user_id] if "me" in named else []
    for name in named:
        try:
            ids.append(UserId(UUID(name)))
        except ValueError:
            continue
    return [*ids, *await search.people_named(connection, space_ids, named)]


def _pieces(found: Found) -> list[Piece]:
    pieces: list[Piece] = []
    for match in _PIECE.finditer(found.snippet):
        hit, plain = match.groups()
        pieces.append(Piece(plain, match=False) if hit is None else Piece(hit, match=True))
    return pieces
