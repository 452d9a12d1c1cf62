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

from .people import Auth

EXAMPLES = 2
CHECKED = ("status_code_conformance", "content_type_conformance", "response_schema_conformance")
CHECKS: list[Any] = [getattr(checks, name) for name in CHECKED]
"""A server error is an answer, too: none is allowed beside the checks."""


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


async def send(auth: Auth, case: Any, *, token: str) -> httpx.Response:
    chosen: dict[str, Any] = case.headers or {}
    headers = {"authorization": f"Bearer {token}"}
    headers |= {name: value for name, value in chosen.items() if str(value).isascii()}
    content = None
    if case.body is not NOT_SET:
        headers["content-type"] = "application/json"
        content = msgspec.json.encode(case.body)
    return await auth.client.request(
        case.method, case.formatted_path, params=case.query or {}, headers=headers, content=content
    )


class TestEveryOperation:
    @pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    async def test_answers_as_documented(self, auth: Auth, mode: GenerationMode) -> None:
        document = (await auth.client.get("/openapi/openapi.json")).json()
        schema: Any = schemathesis.openapi.from_dict(document)
        token = (await auth.person()).access_token
        await auth.change_rows("update users set is_admin = true")
        wrong: list[str] = []
        for result in schema.get_all_operations():
            for case in cases(result.ok(), mode):
                response = await send(auth, case, token=token)
                if response.status_code == 204 or "session_ended" in response.text:
                    token = (await auth.login()).access_token
                try:
                    assert response.status_code < 500, response.text
                    case.validate_response(response, checks=CHECKS)
                except Exception as failure:  # noqa: BLE001  all that is wrong is shown at once
                    wrong.append(f"{case.method} {case.formatted_path} {case.body!r}: {failure}")
        assert not wrong, "\n\n".join(wrong)
