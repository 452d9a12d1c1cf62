"""The realtime protocol as an AsyncAPI 3 document, made from the very structs that are decoded and encoded."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from chassis.schemas import REFERENCES, answer_schemas
from contracts.events import Event
from contracts.registry import EVENTS
from gateway.realtime.frames import COMMANDS, TOLD, CloseCode, Told

REPLIES: Final = {
    "hello": ("ready",),
    "watch": ("event", "watched", "reset", "problem"),
    "ping": ("pong",),
    "typing": ("problem",),
}
"""What the client may expect in answer to a frame."""

DESCRIPTION: Final = """\
One JSON object per text frame, told apart by `op`. Say `hello` first, within five seconds; then `watch` topics, each
with the last `seq` seen (or null: from now on). Missed events come first, in order and without a gap, then `watched`,
then what is new. `reset` means that too much was missed: fetch the snapshot over HTTP and watch again. Say `hello`
again with a fresh token before the old one expires.

The `type` of an `event` is the middle part of its full type: `message_posted` of `messaging.message_posted.v1`, under
which `x-event-types` has its `data`.

The same frames travel over Socket.IO (protocol 5, websocket transport) at `/socket.io/`, with `op` as the event's name
and `auth: {token}` instead of `hello`.
"""

CLOSE_CODES: Final = {
    CloseCode.PROTOCOL_ERROR: "the WebSocket protocol itself was broken",
    CloseCode.NOT_TEXT: "a text frame was not UTF-8",
    CloseCode.TOO_BIG: "a frame was too large",
    CloseCode.RESTART: "the server restarts: come back after a random pause, and resume",
    CloseCode.BAD_TOKEN: "the token is bad or has expired, or no hello came: refresh, and come back",
    CloseCode.SESSION_ENDED: "the session was ended: do not come back",
    CloseCode.TOO_SLOW: "frames were not read fast enough: come back, and resume",
    CloseCode.BAD_FRAME: "a frame did not follow the protocol",
    CloseCode.TOO_MANY: "too many sockets of one person, or too many frames a second",
}


def document() -> dict[str, Any]:
    told = {str(frame.__struct_config__.tag): frame for frame in TOLD}
    said_schemas, said = msgspec.json.schema_components(COMMANDS.values(), ref_template=REFERENCES)
    told_schemas, schemas = answer_schemas(TOLD)
    events, event_parts = _event_schemas(EVENTS)
    messages = {f"say.{op}": _message(op, schema) for op, schema in zip(COMMANDS, said_schemas, strict=True)}
    messages |= {f"tell.{op}": _message(op, schema) for op, schema in zip(told, told_schemas, strict=True)}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Guildhall realtime", "version": "1", "description": DESCRIPTION},
        "channels": {
            "realtime": {
                "address": "/api/v1/realtime",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
                "bindings": {"ws": {"method": "GET"}},
                "x-subprotocol": "guildhall.v1",
                "x-close-codes": {str(int(code)): meaning for code, meaning in CLOSE_CODES.items()},
            }
        },
        "operations": {op: _operation(op) for op in COMMANDS} | {"told": _told(told)},
        "components": {"messages": messages, "schemas": said | schemas | event_parts},
        "x-event-types": events,
    }


def _operation(op: str) -> dict[str, Any]:
    channel = "#/channels/realtime"
    operation: dict[str, Any] = {
        "action": "receive",
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/say.{op}"}],
    }
    if op in REPLIES:
        replies = [{"$ref": f"{channel}/messages/tell.{reply}"} for reply in REPLIES[op]]
        operation["reply"] = {"channel": {"$ref": channel}, "messages": replies}
    return operation


def _told(told: dict[str, type[Told]]) -> dict[str, Any]:
    channel = "#/channels/realtime"
    return {
        "action": "send",
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/tell.{op}"} for op in told],
    }


def _message(op: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": op, "contentType": "application/json", "payload": schema}


def _event_schemas(events: Iterable[type[Event]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `data` is for every event, by its full type: two services may use one short name."""
    listed = tuple(events)
    schemas, parts = answer_schemas(listed)
    return {event.TYPE: schema for event, schema in zip(listed, schemas, strict=True)}, parts
