"""Messages in channels, and reactions on them."""

from discord_sim import shapes, wire
from discord_sim.entities import Json, Message, Permission
from discord_sim.fields import many
from discord_sim.refusals import Refusal, unknown
from discord_sim.rest.routing import Answer, Call, Routes

routes = Routes()

SUPPRESS_EMBEDS = 1 << 2
SETTABLE_FLAGS = SUPPRESS_EMBEDS | 1 << 12 | shapes.COMPONENTS_V2


@routes("GET /channels/{channel}/messages")
def messages(call: Call) -> Answer:
    """Newest first; `before`, `after` or `around` an id."""
    channel = call.channel(Permission.READ_MESSAGE_HISTORY)
    limit = call.number("limit", default=50, least=1, most=100)
    found = [each for each in call.world.messages.get(channel.id, {}).values() if each.seen_by is None]
    if before := call.query.get("before"):
        found = [each for each in found if each.id < int(before)][-limit:]
    elif after := call.query.get("after"):
        found = [each for each in found if each.id > int(after)][:limit]
    elif around := call.query.get("around"):
        at = sum(each.id < int(around) for each in found)
        found = found[max(0, at - limit // 2) : at + limit // 2 + 1]
    return [_written(call, each) for each in reversed(found[-limit:])]


@routes("GET /channels/{channel}/messages/{message}")
def message(call: Call) -> Json:
    call.channel(Permission.READ_MESSAGE_HISTORY)
    return _written(call, _message(call))


@routes("POST /channels/{channel}/messages")
def create(call: Call) -> Json:
    channel = call.channel(Permission.SEND_MESSAGES)
    body = call.fields
    if body.get("enforce_nonce") and (known := _by_nonce(call, channel.id, nonce=body.get("nonce"))):
        return _written(call, known)
    flags = int(body.get("flags") or 0) & SETTABLE_FLAGS
    shapes.check_message(body, flags=flags)
    shapes.check_not_empty(body)
    posted = Message(
        id=call.world.snowflakes.new(),
        channel_id=channel.id,
        guild_id=channel.guild_id,
        author=call.me,
        flags=flags,
        nonce=body.get("nonce"),
        tts=bool(body.get("tts")),
        reference=body.get("message_reference"),
        type=19 if body.get("message_reference") else 0,
    )
    fill(posted, body)
    return _written(call, call.world.post(posted))


@routes("PATCH /channels/{channel}/messages/{message}")
def edit(call: Call) -> Json:
    call.channel()
    found = _message(call)
    if found.author.id != call.me.id:
        raise Refusal(403, 50005, "Cannot edit a message authored by another user")
    rewrite(call, found)
    return _written(call, found)


@routes("DELETE /channels/{channel}/messages/{message}", status=204)
def delete(call: Call) -> None:
    found = _message(call)
    call.channel(*([] if found.author.id == call.me.id else [Permission.MANAGE_MESSAGES]))
    call.world.delete(found)


@routes("PUT /channels/{channel}/pins/{message}", status=204)
@routes("PUT /channels/{channel}/messages/pins/{message}", status=204)
def pin(call: Call) -> None:
    _set_pinned(call, pinned=True)


@routes("DELETE /channels/{channel}/pins/{message}", status=204)
@routes("DELETE /channels/{channel}/messages/pins/{message}", status=204)
def unpin(call: Call) -> None:
    _set_pinned(call, pinned=False)


@routes("PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me", status=204)
def react(call: Call) -> None:
    call.channel(Permission.ADD_REACTIONS)
    call.world.react(_message(call), user=call.me, emoji=call.path["emoji"])


@routes("DELETE /channels/{channel}/messages/{message}/reactions/{emoji}/@me", status=204)
def take_reaction_back(call: Call) -> None:
    call.channel()
    call.world.unreact(_message(call), user=call.me, emoji=call.path["emoji"])


def fill(message: Message, body: Json) -> None:
    """Put what the body names on the message and leave the rest as it is."""
    if "content" in body:
        message.content = body["content"] or ""
    if "embeds" in body:
        message.embeds = [{"type": "rich"} | embed for embed in many(body, "embeds")]
    if "components" in body:
        message.components = shapes.numbered(many(body, "components"))
    if "attachments" in body:
        known = {each["id"]: each for each in message.attachments}
        message.attachments = [known.get(str(each["id"]), each) for each in many(body, "attachments")]


def rewrite(call: Call, message: Message, *, dropping: int = 0) -> None:
    """An edit by its author: checked as a new message would be, and told to everybody who sees it."""
    flags = message.flags & ~dropping | int(call.fields.get("flags") or 0) & SETTABLE_FLAGS
    shapes.check_message(call.fields, flags=flags)
    fill(message, call.fields)
    message.flags = flags
    message.edited_at = call.world.clock()
    call.world.edit(message)


def _written(call: Call, message: Message) -> Json:
    return wire.message(message, viewer=call.me.id)


def _message(call: Call) -> Message:
    """The message in the path; what only somebody else may see is unknown here."""
    found = call.world.message(call.id("channel"), message_id=call.id("message"))
    if found.seen_by is not None:
        raise unknown("Message")
    return found


def _by_nonce(call: Call, channel_id: int, *, nonce: str | int | None) -> Message | None:
    mine = (each for each in call.world.messages.get(channel_id, {}).values() if each.author.id == call.me.id)
    return next((each for each in mine if nonce is not None and each.nonce == nonce), None)


def _set_pinned(call: Call, *, pinned: bool) -> None:
    call.channel(Permission.MANAGE_MESSAGES)
    found = _message(call)
    found.pinned = pinned
    call.world.edit(found)
