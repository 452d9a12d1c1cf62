"""What bots do about interactions: acknowledge, answer, edit, follow up."""

from discord_sim import shapes, wire
from discord_sim.entities import Json, Message
from discord_sim.fields import inner, many
from discord_sim.interactions import ALLOWED, EPHEMERAL, LOADING, Answered, Asked, Interaction
from discord_sim.refusals import invalid_body, unknown
from discord_sim.rest.messages import SETTABLE_FLAGS, fill, rewrite
from discord_sim.rest.routing import Answer, Auth, Call, Routes

routes = Routes()

COMMAND_ANSWER, REPLY = 20, 19
CHOICES = 25
HOOK = "/webhooks/{application}/{token}"


@routes("POST /interactions/{interaction}/{token}/callback", auth=Auth.PATH)
def acknowledge(call: Call) -> Answer:
    interaction = call.interactions.to_acknowledge(call.id("interaction"), call.path["token"])
    kind = call.fields.get("type")
    if kind not in ALLOWED[interaction.kind]:
        allowed = ", ".join(str(int(each)) for each in sorted(ALLOWED[interaction.kind]))
        raise invalid_body({"type": ("BASE_TYPE_CHOICES", f"Value must be one of {{{allowed}}}.")})
    answered, data = Answered(kind), inner(call.fields, "data")
    answer = {
        Answered.MESSAGE: _message,
        Answered.DEFERRED_MESSAGE: _message,
        Answered.DEFERRED_UPDATE: _update,
        Answered.UPDATE: _update,
        Answered.CHOICES: _choices,
        Answered.MODAL: _modal,
    }[answered]
    answer(call, interaction, data=data, answered=answered)
    call.interactions.acknowledge(interaction, by=answered)
    return _callback_response(interaction) if call.wants("with_response") else None


@routes(f"POST {HOOK}", auth=Auth.PATH)
def follow_up(call: Call) -> Json:
    """The first one after "is thinking" takes its place; every other is a message of its own."""
    interaction = _interaction(call)
    original = interaction.original
    if original is not None and original.flags & LOADING:
        return _edit(call, interaction, original)
    flags = _flags(call.fields)
    shapes.check_message(call.fields, flags=flags)
    shapes.check_not_empty(call.fields)
    posted = _new_message(call, interaction, data=call.fields, flags=flags)
    interaction.follow_ups.append(call.world.post(posted))
    call.interactions.changed(interaction)
    return wire.message(posted)


@routes(f"GET {HOOK}/messages/{{message}}", auth=Auth.PATH)
def read(call: Call) -> Json:
    return wire.message(_answer(call, _interaction(call)))


@routes(f"PATCH {HOOK}/messages/{{message}}", auth=Auth.PATH)
def edit(call: Call) -> Json:
    interaction = _interaction(call)
    return _edit(call, interaction, _answer(call, interaction))


@routes(f"DELETE {HOOK}/messages/{{message}}", auth=Auth.PATH, status=204)
def delete(call: Call) -> None:
    interaction = _interaction(call)
    message = _answer(call, interaction)
    call.world.delete(message)
    if message is interaction.original:
        interaction.original = None
    else:
        interaction.follow_ups.remove(message)
    call.interactions.changed(interaction)


def _message(call: Call, interaction: Interaction, *, data: Json, answered: Answered) -> None:
    flags = _flags(data)
    if answered is Answered.DEFERRED_MESSAGE:
        flags |= LOADING
    else:
        shapes.check_message(data, flags=flags)
        shapes.check_not_empty(data)
    interaction.original = call.world.post(_new_message(call, interaction, data=data, flags=flags))


def _update(call: Call, interaction: Interaction, *, data: Json, answered: Answered) -> None:
    source = interaction.source
    if source is None:
        raise invalid_body({"type": ("INTERACTION_NO_MESSAGE", "This form was not opened from a message.")})
    interaction.original = source
    if answered is Answered.UPDATE:
        shapes.check_message(data, flags=source.flags)
        fill(source, data)
        source.edited_at = call.world.clock()
        call.world.edit(source)


def _choices(call: Call, interaction: Interaction, *, data: Json, answered: Answered) -> None:
    del call, answered
    choices = many(data, "choices")
    if len(choices) > CHOICES:
        raise invalid_body({"data.choices": ("BASE_TYPE_BAD_LENGTH", "Must be between 0 and 25 in length.")})
    interaction.choices = choices


def _modal(call: Call, interaction: Interaction, *, data: Json, answered: Answered) -> None:
    del call, answered
    shapes.check_modal(data)
    interaction.modal = data | {"components": shapes.numbered(many(data, "components"))}


def _new_message(call: Call, interaction: Interaction, *, data: Json, flags: int) -> Message:
    posted = Message(
        id=call.world.snowflakes.new(),
        channel_id=interaction.channel_id,
        guild_id=interaction.guild_id,
        author=interaction.application.bot,
        flags=flags,
        type=COMMAND_ANSWER if interaction.kind is Asked.COMMAND else REPLY,
        application_id=interaction.application.id,
        interaction=_metadata(interaction),
        seen_by=interaction.user.id if flags & EPHEMERAL else None,
    )
    fill(posted, data)
    return posted


def _metadata(interaction: Interaction) -> Json:
    """What a message tells of the act that it answers."""
    told: Json = {
        "id": str(interaction.id),
        "type": int(interaction.kind),
        "user": wire.user(interaction.user),
        "authorizing_integration_owners": {"0": str(interaction.guild_id or 0)},
    }
    if interaction.kind is Asked.COMPONENT and interaction.source:
        told["interacted_message_id"] = str(interaction.source.id)
    if interaction.opened_by:
        told["triggering_interaction_metadata"] = _metadata(interaction.opened_by)
    return told


def _edit(call: Call, interaction: Interaction, message: Message) -> Json:
    rewrite(call, message, dropping=LOADING)
    call.interactions.changed(interaction)
    return wire.message(message)


def _flags(data: Json) -> int:
    return int(data.get("flags") or 0) & (SETTABLE_FLAGS | EPHEMERAL)


def _interaction(call: Call) -> Interaction:
    return call.interactions.to_follow_up(call.id("application"), call.path["token"])


def _answer(call: Call, interaction: Interaction) -> Message:
    if call.path["message"] == "@original":
        if interaction.original is None:
            raise unknown("Message")
        return interaction.original
    wanted = call.id("message")
    known = [*interaction.follow_ups, *([interaction.original] if interaction.original else [])]
    found = next((each for each in known if each.id == wanted), None)
    if found is None:
        raise unknown("Message")
    return found


def _callback_response(interaction: Interaction) -> Json:
    told: Json = {"id": str(interaction.id), "type": int(interaction.kind)}
    resource: Json = {"type": int(interaction.answered_by or 0)}
    if message := interaction.original:
        told |= {
            "response_message_id": str(message.id),
            "response_message_loading": bool(message.flags & LOADING),
            "response_message_ephemeral": bool(message.flags & EPHEMERAL),
        }
        resource["message"] = wire.message(message)
    return {"interaction": told, "resource": resource}
