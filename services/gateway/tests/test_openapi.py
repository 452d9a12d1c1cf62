"""Whatever is sent to any documented operation, the edge answers or forwards: no server error is its own."""

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import schemathesis
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET

from testkit import documented

from .conftest import Gateway
from .services import Services

DOCUMENTS = Path(__file__).parents[3] / "docs/openapi"


def cases(service: str, mode: GenerationMode) -> list[Any]:
    """Requests for every operation of the service."""
    schema: Any = schemathesis.openapi.from_dict(msgspec.json.decode((DOCUMENTS / f"{service}.json").read_bytes()))
    return [case for result in schema.get_all_operations() for case in documented.cases(result.ok(), mode)]


async def send(client: httpx.AsyncClient, token: str, case: Any) -> httpx.Response:
    given: dict[str, Any] = case.headers or {}
    headers = {name: value for name, value in given.items() if str(value).isascii() and str(value).isprintable()}
    content = None if case.body is NOT_SET else msgspec.json.encode(case.body)
    if content is not None:
        headers["content-type"] = "application/json"
    headers |= {"authorization": f"Bearer {token}"}
    return await client.request(
        case.method, case.formatted_path, params=case.query or {}, headers=headers, content=content
    )


@pytest.mark.parametrize("mode", documented.MODES)
@pytest.mark.parametrize("service", ["gateway", "messaging"])
async def test_no_request_makes_the_edge_fail(
    gateway: Gateway, services: Services, service: str, mode: GenerationMode
) -> None:
    token = services.person().token
    wrong: list[str] = []
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        for case in cases(service, mode):
            response = await send(client, token, case)
            problem = response.headers["content-type"] == "application/problem+json"
            if response.status_code >= 500 or (response.status_code >= 400 and not problem):
                wrong.append(f"{case.method} {case.formatted_path}: {response.status_code} {response.text[:200]}")

    assert not wrong, "\n".join(wrong)
    assert bool(services.requests) is (service == "messaging"), "what is not the edge's own is forwarded"
