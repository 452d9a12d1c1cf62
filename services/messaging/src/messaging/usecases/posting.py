"""Post messages: one, or all that arrived meanwhile; the same decisions and the same statements."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from contracts.ids import ChannelId, MessageId, UserId, new_id
from contracts.messaging import MentionAdded, Mentions, MessagePosted
from contracts.problems import FieldError, InvalidInput, NotFound, Problem
from messaging.domain import content
from messaging.domain.access import Permission
from messaging.domain.content import NonceReused, Post
from messaging.settings import Settings
from messaging.store import posting as store
from messaging.usecases.known import KnownPosters, heads
from streams import bulk
from streams.bulk import Fetch, Logged, PendingSeq


class Said(msgspec.Struct, frozen=True):
    """A message that stands; `data` is its public JSON. `repeated`: it stood already when it was posted again."""

    data: bytes
    repeated: bool


Outcome = Said | Problem
"""What became of one post; a refusal does not concern the others."""


class Settled(msgspec.Struct, frozen=True):
    """What became of each post, in their order, and what the log holds of it once this is committed."""

    outcomes: list[Outcome]
    told: list[Logged]


_encode = msgspec.json.Encoder().encode


async def post_messages(
    fetch: Fetch,
    posts: Sequence[Post],
    *,
    at: datetime,
    limits: Settings,
    notify: bool,
    known: KnownPosters | None = None,
) -> Settled:
    """Say them in the order given. No two may have the same author, channel and nonce.

    All is written by one statement: it needs no transaction around it, unless more belongs to that. Raises the driver's
    unique violation when somebody else used one of the nonces meanwhile: roll back and ask again.
    """
    if known is not None and (recalled := known.recall(posts)) is not None:
        settled = await _post_recalled(fetch, posts, recalled, at=at, limits=limits, notify=notify)
        if settled is not None:
            return settled
    posters = await store.posters(fetch, posts)
    if known is not None:
        known.learn(posts, posters)
    return await _post_asked(fetch, posts, posters, at=at, limits=limits, notify=notify)


async def _post_asked(
    fetch: Fetch,
    posts: Sequence[Post],
    posters: dict[int, store.Poster],
    *,
    at: datetime,
    limits: Settings,
    notify: bool,
) -> Settled:
    outcomes: dict[int, Outcome] = {}
    told: list[Logged] = []
    repeated: dict[int, MessageId] = {}
    allowed: list[int] = []
    for index, post in enumerate(posts):
        try:
            first = decide(post, posters.get(index), limits=limits)
        except Problem as refusal:
            outcomes[index] = refusal
        else:
            if first is not None:
                repeated[index] = first
            else:
                allowed.append(index)
    if repeated:
        outcomes |= await _answer_repeats(fetch, posts, repeated)
    for index in await _without_target(fetch, posts, allowed):
        allowed.remove(index)
        outcomes[index] = InvalidInput(errors=[FieldError("/reply_to", "is not a message of this channel")])
    if allowed:
        mentions = await _resolve_mentions(fetch, posts, posters, allowed, limits=limits)
        told = await _say(fetch, posts, posters, mentions, outcomes, at=at, notify=notify, held={})
    return Settled([outcomes[index] for index in range(len(posts))], told)


async def _post_recalled(
    fetch: Fetch,
    posts: Sequence[Post],
    posters: dict[int, store.Poster],
    *,
    at: datetime,
    limits: Settings,
    notify: bool,
) -> Settled | None:
    """Without asking who they are. None, and nothing is said, when that has to be asked: something has changed, or one
    of them is to be refused or repeats another post.
    """
    held = heads(posters)
    if held is None:
        return None
    outcomes: dict[int, Outcome] = {}
    try:
        for index, post in enumerate(posts):
            decide(post, posters[index], limits=limits)
    except Problem:
        return None
    everyone = range(len(posts))
    if await _without_target(fetch, posts, everyone):
        return None
    mentions = await _resolve_mentions(fetch, posts, posters, everyone, limits=limits)
    told = await _say(fetch, posts, posters, mentions, outcomes, at=at, notify=notify, held=held)
    return Settled([outcomes[index] for index in everyone], told) if told else None


def decide(post: Post, poster: store.Poster | None, *, limits: Settings) -> MessageId | None:
    """The message this post repeats, if it does; raises the refusal."""
    if poster is None:
        raise NotFound
    content.check_draft(post.draft, limits=limits)
    content.called(post.draft.content, limits=limits)
    if poster.first_id is None:
        content.check_may_post(poster.access, draft=post.draft)
    else:
        poster.access.require(Permission.VIEW)
        if poster.first_print != content.fingerprint(post.draft):
            raise NonceReused
    return poster.first_id


async def _answer_repeats(fetch: Fetch, posts: Sequence[Post], repeated: dict[int, MessageId]) -> dict[int, Outcome]:
    wanted = [(posts[index].channel_id, first) for index, first in repeated.items()]
    messages = await store.as_authors_see(fetch, wanted)
    return {index: Said(_encode(messages[first]), repeated=True) for index, first in repeated.items()}


async def _without_target(fetch: Fetch, posts: Sequence[Post], allowed: Sequence[int]) -> list[int]:
    """Replies to what is not there."""
    replies = {
        index: (posts[index].channel_id, target)
        for index in allowed
        if (target := posts[index].draft.reply_to) is not None
    }
    present = await store.present(fetch, replies.values()) if replies else set[tuple[ChannelId, MessageId]]()
    return [index for index, target in replies.items() if target not in present]


async def _resolve_mentions(
    fetch: Fetch, posts: Sequence[Post], posters: dict[int, store.Poster], allowed: Sequence[int], *, limits: Settings
) -> dict[int, Mentions]:
    called = {index: content.called(posts[index].draft.content, limits=limits) for index in allowed}
    pairs: list[tuple[ChannelId, UserId]] = [
        (posts[index].channel_id, user_id) for index, mentions in called.items() for user_id in mentions.users
    ]
    reachable = await store.reachable(fetch, pairs) if pairs else set[tuple[ChannelId, UserId]]()
    return {
        index: content.allowed_calls(
            mentions,
            access=posters[index].access,
            reachable={user_id for channel_id, user_id in reachable if channel_id == posts[index].channel_id}
            - {posts[index].author_id},
        )
        for index, mentions in called.items()
    }


async def _say(
    fetch: Fetch,
    posts: Sequence[Post],
    posters: dict[int, store.Poster],
    mentions: dict[int, Mentions],
    outcomes: dict[int, Outcome],
    *,
    at: datetime,
    notify: bool,
    held: dict[str, int],
) -> list[Logged]:
    """Write and tell those that `mentions` has, provided that the topics `held` are; adds to `outcomes`."""
    counts = Counter(f"channel:{posts[index].channel_id}" for index in mentions)
    counts.update(f"user:{user_id}" for called in mentions.values() for user_id in called.users)
    batch = bulk.EventBatch(counts)
    lines: dict[int, store.Line] = {}
    for index, called in mentions.items():
        post, poster = posts[index], posters[index]
        place = batch.next_seq(f"channel:{post.channel_id}")
        message = _message(post, poster, called, at=at)
        seen_at = poster.space_seq or 0
        batch.publish(place, message, embedded=place, trace=post.trace, audience_seq=seen_at)
        lines[index] = _line(message, place, post)
        for user_id in called.users:
            mention = MentionAdded(
                space_id=poster.access.channel.space_id, channel_id=post.channel_id, message_id=message.id, seq=0
            )
            batch.publish(batch.next_seq(f"user:{user_id}"), mention, embedded=place, trace=post.trace)
    logged = await store.say(fetch, list(lines.values()), batch, at=at, notify=notify, held=held)
    if not logged:
        return []
    for index, line in lines.items():
        outcomes[index] = Said(bytes(logged[line.place].envelope.data), repeated=False)
    return list(logged.values())


def _line(message: MessagePosted, place: PendingSeq, post: Post) -> store.Line:
    if message.nonce is None:
        return store.Line(message, place)
    return store.Line(message, place, content.nonce_key(post), content.fingerprint(post.draft))


def _message(post: Post, poster: store.Poster, called: Mentions, *, at: datetime) -> MessagePosted:
    """Its place is claimed when it is written."""
    return MessagePosted(
        id=MessageId(new_id()),
        channel_id=post.channel_id,
        seq=0,
        author=poster.author,
        content=post.draft.content,
        nonce=post.draft.nonce,
        reply_to=post.draft.reply_to,
        attachments=post.draft.attachments,
        files=post.files,
        at_ms=post.draft.at_ms,
        mentions=called,
        created_at=at,
    )
