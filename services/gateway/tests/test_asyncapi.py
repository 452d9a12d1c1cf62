"""The AsyncAPI document says what the code does: no more, no less."""

from collections.abc import Iterator
from typing import Any, cast

import msgspec

from contracts.registry import EVENTS
from gateway.realtime import asyncapi
from gateway.realtime.frames import COMMANDS, TOLD, CloseCode, Pong, encode

DOCUMENT = msgspec.json.decode(msgspec.json.encode(asyncapi.document()), type=dict[str, Any])


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in cast("dict[str, Any]", value).items():
            if key == "$ref":
                yield one
            else:
                yield from references(one)
    elif isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from references(one)


def resolve(reference: str) -> Any:
    found: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


class TestDocument:
    def test_every_reference_leads_somewhere(self) -> None:
        found = list(references(DOCUMENT))

        assert len(found) > 40
        for reference in found:
            assert resolve(reference) is not None, reference

    def test_has_every_frame_of_both_directions_and_no_other(self) -> None:
        said = {f"say.{op}" for op in COMMANDS}
        told = {f"tell.{frame.__struct_config__.tag}" for frame in TOLD}

        assert set(DOCUMENT["channels"]["realtime"]["messages"]) == said | told
        assert set(DOCUMENT["operations"]) == {*COMMANDS, "told"}

    def test_a_frame_has_the_fields_that_are_encoded(self) -> None:
        schema = resolve(DOCUMENT["components"]["messages"]["tell.pong"]["payload"]["$ref"])

        assert set(msgspec.json.decode(encode(Pong(n=1)))) == set(schema["properties"])
        assert schema["properties"]["op"] == {"enum": ["pong"]}

    def test_has_every_event_and_close_code(self) -> None:
        assert set(DOCUMENT["x-event-types"]) == {event.TYPE for event in EVENTS}
        assert set(DOCUMENT["channels"]["realtime"]["x-close-codes"]) == {str(int(code)) for code in CloseCode}
