"""Whatever is sent to any operation, the answer is one that the OpenAPI document names."""

from contextlib import suppress
from typing import Any

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET
from schemathesis.specs.openapi import checks

from .conftest import MakePerson
from .people import Json, Person

EXAMPLES = 2
CHECKED = ("status_code_conformance", "content_type_conformance", "response_schema_conformance")
CHECKS: list[Any] = [getattr(checks, name) for name in CHECKED]
"""A server error is an answer that no operation names."""


def cases(operation: Any, mode: GenerationMode) -> list[Any]:
    """None when nothing about the operation can be wrong."""
    drawn: list[Any] = []

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(operation.as_strategy(generation_mode=mode))
    def draw(case: Any) -> None:
        drawn.append(case)

    with suppress(Unsatisfiable):
        draw()
    return drawn


async def send(person: Person, case: Any) -> httpx.Response:
    given: dict[str, Any] = case.headers or {}
    headers = {"authorization": f"Bearer {person.token}"}
    headers |= {name: value for name, value in given.items() if str(value).isascii()}
    content = None
    if case.body is not NOT_SET:
        headers["content-type"] = "application/json"
        content = msgspec.json.encode(case.body)
    return await person.client.request(
        case.method, case.formatted_path, params=case.query or {}, headers=headers, content=content
    )


class TestEveryOperation:
    @pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    async def test_answers_as_documented(self, person: MakePerson, mode: GenerationMode) -> None:
        document = (await person("Ann").client.get("/openapi/openapi.json")).json()
        schema: Any = schemathesis.openapi.from_dict(document)
        wrong: list[str] = []
        for result in schema.get_all_operations():
            operation = result.ok()
            for number, case in enumerate(cases(operation, mode)):
                ann = person("Ann")
                if number % 2:
                    await use_what_is_there(case, ann)
                response = await send(ann, case)
                try:
                    case.validate_response(response, checks=CHECKS)
                except Exception as failure:  # noqa: BLE001  all that is wrong is shown at once
                    wrong.append(f"{case.method} {case.formatted_path} {case.body!r}: {failure}")
        assert not wrong, "\n\n".join(wrong)


async def use_what_is_there(case: Any, person: Person) -> None:
    place = await person.make_space()
    said = await person.say(place.channel_id, "x")
    real = {
        "space_id": place.id,
        "channel_id": place.channel_id,
        "message_id": said["id"],
        "member_id": str(person.id),
    }
    given: Json = case.path_parameters or {}
    case.path_parameters = {name: real.get(name, value) for name, value in given.items()}
