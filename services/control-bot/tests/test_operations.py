"""Every operation is what the services say it is, in both languages."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from control_bot.commands.handlers import HANDLERS
from control_bot.domain import operations, panel, recordings, refusals, replies
from control_bot.domain.localized import LocalizedText
from control_bot.domain.operations import OPERATIONS, Operation, ParameterLocation, request_of

Json = dict[str, Any]
PUBLIC = [
    each for each in (*OPERATIONS, operations.SPACE_LIST) if each.call and not each.call.path.startswith("/internal/")
]
ENVIRON = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1",
    "AUTH_URL": "http://127.0.0.1:1",
    "S3_ENDPOINT": "http://127.0.0.1:1",
    "S3_ACCESS_KEY": "x",
    "S3_SECRET_KEY": "x",
    "S3_BUCKET": "x",
}


@cache
def document(service: str, key_file: Path) -> Json:
    """The service's OpenAPI document, as its program prints it."""
    command = [sys.executable, "-m", service, "openapi"]
    environ = ENVIRON | {f"{service.upper()}_SERVICE_KEY_FILE": str(key_file)}
    return msgspec.json.decode(subprocess.run(command, env=environ, check=True, capture_output=True).stdout)


@cache
def placeholders(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


class TestOperation:
    @pytest.mark.parametrize("operation", PUBLIC, ids=lambda each: each.command)
    def test_is_what_the_service_documents(self, operation: Operation, service_key: Path) -> None:
        assert operation.call
        written = document(operation.call.service, service_key)

        paths = {re.sub(r":\w+}", "}", path): each for path, each in written["paths"].items()}
        documented = paths[operation.call.path][operation.call.method.lower()]

        taken = {(each["in"], each["name"]) for each in documented.get("parameters", [])}
        taken |= {("body", name) for name in body_fields(documented, written)}
        ours = {(each.place.value, each.field) for each in operation.parameters}
        assert ours <= taken

    @pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.command)
    def test_has_a_handler(self, operation: Operation) -> None:
        assert operation.command in HANDLERS

    def test_refuses_a_value_that_it_does_not_take(self) -> None:
        with pytest.raises(ValueError, match="record stop"):
            request_of(operations.STOP, {"recording_id": 1, "text": "x"})

    def test_puts_every_value_in_its_place(self) -> None:
        request = request_of(operations.NOTE, {"recording_id": "a/b", "text": "x"})

        assert request.path == "/api/v1/recordings/a%2Fb/notes"
        assert request.body == {"text": "x"}
        assert {each.place for each in operations.NOTE.parameters} == {ParameterLocation.PATH, ParameterLocation.BODY}


class TestWords:
    def test_fill_in_the_same_in_both_languages(self) -> None:
        said = [
            value
            for module in (panel, recordings, refusals, replies)
            for thing in vars(module).values()
            for value in (cast("Json", thing).values() if isinstance(thing, dict) else [thing])
            if isinstance(value, LocalizedText)
        ]

        assert len(said) > 40
        assert [each.en for each in said if placeholders(each.en) != placeholders(each.de)] == []


def body_fields(documented: Json, written: Json) -> set[str]:
    content: Json = documented.get("requestBody", {}).get("content", {})
    if not content:
        return set()
    schema: Json = content["application/json"]["schema"]
    name = schema["$ref"].rpartition("/")[2]
    return set(written["components"]["schemas"][name]["properties"])
