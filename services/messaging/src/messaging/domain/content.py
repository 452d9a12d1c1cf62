"""What may be said: limits of a draft, when two drafts are the same, and whom a text calls."""

import hashlib
import re
from collections.abc import Iterable, Sequence, Set
from typing import Final
from uuid import UUID

import msgspec

from contracts.files import AttachedFile
from contracts.ids import ChannelId, MessageId, UserId
from contracts.messaging import Mentions, Role
from contracts.problems import Conflict, FieldError, InvalidInput
from messaging.domain.access import Access, Permission
from messaging.settings import Settings


class NonceReused(Conflict):
    code, title = "nonce_reused", "This nonce was used for another message"


class RecordingOnly(Conflict):
    code, title = "recording_only", "Only messages in a recording's channel can refer to a moment of it"


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message before it is said. A repeat with the same `nonce` is answered with the first message."""

    content: str = ""
    nonce: str | None = None
    reply_to: MessageId | None = None
    attachments: tuple[UUID, ...] = ()
    at_ms: int | None = None


class Post(msgspec.Struct, frozen=True):
    """Somebody's draft for a channel; `trace` is the W3C traceparent it came with, `files` what is attached."""

    channel_id: ChannelId
    author_id: UserId
    draft: Draft
    trace: str = ""
    files: tuple[AttachedFile, ...] = ()


def check_draft(draft: Draft, *, limits: Settings) -> None:
    """Raises `InvalidInput` naming everything that is wrong."""
    wrong = [*_content_errors(draft.content, limits=limits)]
    if not draft.content.strip() and not draft.attachments:
        wrong.append(FieldError("/content", "say something, or attach something"))
    if draft.nonce is not None and not 1 <= len(draft.nonce) <= limits.nonce_chars_max:
        wrong.append(FieldError("/nonce", f"must have 1 to {limits.nonce_chars_max} characters"))
    if draft.nonce is not None and "\0" in draft.nonce:
        wrong.append(FieldError("/nonce", "must not contain a zero byte"))
    if draft.attachments:
        wrong += _attachment_errors(draft.attachments, most=limits.attachments_per_message_max)
    if draft.at_ms is not None and not 0 <= draft.at_ms <= AT_MS_MAX:
        wrong.append(FieldError("/at_ms", f"must be between 0 and {AT_MS_MAX}"))
    if wrong:
        raise InvalidInput(errors=wrong)


def check_content(content: str, *, limits: Settings, attached: bool) -> None:
    """The same for a text alone, which must not be empty where nothing is attached."""
    wrong = [*_content_errors(content, limits=limits)]
    if not content.strip() and not attached:
        wrong.append(FieldError("/content", "say something"))
    if wrong:
        raise InvalidInput(errors=wrong)


def _content_errors(content: str, *, limits: Settings) -> list[FieldError]:
    wrong: list[FieldError] = []
    if len(content) > limits.content_chars_max:
        wrong.append(FieldError("/content", f"at most {limits.content_chars_max} characters"))
    if "\0" in content:
        wrong.append(FieldError("/content", "must not contain a zero byte"))
    return wrong


def _attachment_errors(ids: Sequence[UUID], *, most: int) -> list[FieldError]:
    if len(ids) > most:
        return [FieldError("/attachments", f"at most {most}")]
    return [FieldError(f"/attachments/{n}", "is attached already") for n, one in enumerate(ids) if one in ids[:n]]


AT_MS_MAX: Final = 2**53 - 1
"""The largest integer that JSON clients keep exactly."""


def check_may_post(access: Access, *, draft: Draft) -> None:
    """Raises unless this person may say this here."""
    needed = Permission.POST
    if draft.attachments:
        needed |= Permission.ATTACH
    access.require(needed)
    access.require_open()
    if draft.at_ms is not None and access.channel.recording_id is None:
        raise RecordingOnly


def fingerprint(draft: Draft) -> bytes:
    """Equal for equal drafts: tells a repeat from another message under the same nonce."""
    return hashlib.sha256(msgspec.msgpack.encode(draft)).digest()


def nonce_key(post: Post) -> UUID | None:
    """Author, channel and nonce in one value of fixed size: what is unique of a post with a nonce."""
    if post.draft.nonce is None:
        return None
    whole = b"%b%b%b" % (post.author_id.bytes, post.channel_id.bytes, post.draft.nonce.encode())
    return UUID(bytes=hashlib.sha256(whole).digest()[:16])


_MENTION: Final = re.compile(
    r"<@(?P<user>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})>|<@&(?P<role>[a-z]+)>|(?<![\w`])(?P<channel>@channel)\b"
)


def called(content: str, *, limits: Settings) -> Mentions:
    """Whom the text calls: `<@user id>`, `<@&role>`, `@channel`; not yet whether they can be."""
    if "@" not in content:
        return Mentions()
    found = list(_MENTION.finditer(content))
    users = dict.fromkeys(UserId(UUID(one["user"])) for one in found if one["user"])
    if len(users) > limits.mentions_per_message_max:
        raise InvalidInput(errors=[FieldError("/content", f"at most {limits.mentions_per_message_max} mentions")])
    roles = dict.fromkeys(Role(one["role"]) for one in found if one["role"] in set(Role))
    return Mentions(users=tuple(users), roles=tuple(roles), channel=any(one["channel"] for one in found))


def allowed_calls(mentions: Mentions, *, access: Access, reachable: Set[UserId]) -> Mentions:
    """What remains of them: people who see the channel; many at once only with the permission. The text stays."""
    many = Permission.MENTION_MANY in access.granted
    return Mentions(
        users=tuple(one for one in mentions.users if one in reachable),
        roles=mentions.roles if many else (),
        channel=mentions.channel and many,
    )


def subjects(mentions: Mentions) -> list[str]:
    """As they are stored: one line for each whom the text calls, however many people that are."""
    everybody = ["channel"] if mentions.channel else []
    return [*(f"user:{one}" for one in mentions.users), *(f"role:{one}" for one in mentions.roles), *everybody]


def from_subjects(stored: Iterable[str]) -> Mentions:
    split = [one.partition(":") for one in stored]
    return Mentions(
        users=tuple(UserId(UUID(value)) for kind, _, value in split if kind == "user"),
        roles=tuple(Role(value) for kind, _, value in split if kind == "role"),
        channel=any(kind == "channel" for kind, _, _ in split),
    )
