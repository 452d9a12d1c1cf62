"""Whatever is sent to any operation, the answer is one that the OpenAPI document names."""

from typing import Any

import pytest
from schemathesis import GenerationMode

from testkit import documented

from .conftest import MakePerson
from .people import Json, Person


class TestEveryOperation:
    @pytest.mark.parametrize("mode", documented.MODES)
    async def test_answers_as_documented(self, person: MakePerson, mode: GenerationMode) -> None:
        wrong: list[str] = []
        for operation in await documented.operations(person("Ann").client):
            for number, case in enumerate(documented.cases(operation, mode)):
                ann = person("Ann")
                if number % 2:
                    await use_what_is_there(case, ann)
                wrong += documented.wrong(case, await documented.send(ann.client, case, token=ann.token))
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
