"""Whatever is sent to any operation, the answer is one that the OpenAPI document names: requests by schemathesis."""

from contextlib import suppress
from typing import Any, Final

import httpx
import msgspec
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET
from schemathesis.specs.openapi import checks

MODES: Final = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
"""What the document allows, and what it does not."""
EXAMPLES: Final = 2
_NAMES: Final = ("status_code_conformance", "content_type_conformance", "response_schema_conformance")
_CHECKS: Final[list[Any]] = [getattr(checks, name) for name in _NAMES]


async def operations(client: httpx.AsyncClient) -> list[Any]:
    """All that the service's document describes."""
    document = (await client.get("/openapi/openapi.json")).json()
    schema: Any = schemathesis.openapi.from_dict(document)
    return [result.ok() for result in schema.get_all_operations()]


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


async def send(client: httpx.AsyncClient, case: Any, *, token: str) -> httpx.Response:
    chosen: dict[str, Any] = case.headers or {}
    headers = {"authorization": f"Bearer {token}"}
    headers |= {name: value for name, value in chosen.items() if str(value).isascii()}
    content = None
    if case.body is not NOT_SET:
        headers["content-type"] = "application/json"
        content = msgspec.json.encode(case.body)
    return await client.request(
        case.method, case.formatted_path, params=case.query or {}, headers=headers, content=content
    )


def wrong(case: Any, response: httpx.Response) -> list[str]:
    """What about the answer the document does not say; a server error is never right."""
    try:
        assert response.status_code < 500, response.text
        case.validate_response(response, checks=_CHECKS)
    except Exception as failure:  # noqa: BLE001  all that is wrong is shown at once
        return [f"{case.method} {case.formatted_path} {case.body!r}: {failure}"]
    return []
