"""Every event has a frozen example, and every example decodes for ever."""

from importlib import resources
from typing import Any

import msgspec
import pytest

from contracts.events import Envelope, Event
from contracts.registry import BY_TYPE, EVENTS

EXAMPLES = resources.files("contracts") / "examples"


def example(event_type: str) -> bytes:
    return (EXAMPLES / f"{event_type}.json").read_bytes()


class TestExamples:
    @pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TYPE)
    def test_decode_to_their_event(self, event: type[Event]) -> None:
        envelope = msgspec.json.decode(example(event.TYPE), type=Envelope)

        assert envelope.type == event.TYPE
        assert isinstance(msgspec.json.decode(envelope.data, type=event), event)

    @pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TYPE)
    def test_survive_fields_that_do_not_exist_yet(self, event: type[Event]) -> None:
        data: dict[str, Any] = msgspec.json.decode(msgspec.json.decode(example(event.TYPE), type=Envelope).data)

        msgspec.convert(data | {"field_of_tomorrow": {"x": [1]}}, type=event, strict=False)

    def test_belong_to_an_event_each(self) -> None:
        names = {path.name.removesuffix(".json") for path in EXAMPLES.iterdir() if path.name.endswith(".json")}

        assert names == set(BY_TYPE)


class TestEventTypes:
    @pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TYPE)
    def test_say_service_fact_and_version(self, event: type[Event]) -> None:
        service, fact, version = event.TYPE.split(".")

        assert service in event.__module__
        assert fact == "".join("_" + letter.lower() if letter.isupper() else letter for letter in event.__name__)[1:]
        assert version.startswith("v")
