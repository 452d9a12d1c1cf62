"""What the decoder says about single fields, as a pointer (RFC 6901) and in words."""

import re
from typing import Final

from contracts.problems import FieldError

_BODY: Final = "data"
"""Litestar's name for the whole body."""
_FIELD: Final = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>[^`]*)`")
_EXPECTED: Final = re.compile(r"Expected `(?P<wanted>[^`]*)`(?P<limit>[^,]*)(?:, got `(?P<got>[^`]*)`)?")
_INDEX: Final = re.compile(r"\[(\d+)\]")
_WORDS: Final = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "null": "null",
    "object": "an object",
    "str": "text",
}


def field_error(found: dict[str, str]) -> FieldError:
    """From Litestar's `extra`: where it is, and what is missing or wrong there."""
    key, message = found.get("key", ""), found.get("message", "")
    if found.get("source", "body") != "body":
        return FieldError(key, in_words(message))
    pointer = "" if key == _BODY else "/" + _INDEX.sub(r"/\1", key).replace(".", "/").lstrip("/")
    if key == _BODY and message == f"'{_BODY}'":
        return FieldError(pointer, "a JSON body is missing")
    if field := _FIELD.fullmatch(message):
        is_missing = field["what"].startswith("missing")
        return FieldError(f"{pointer}/{field['name']}", "is missing" if is_missing else "is unknown")
    return FieldError(pointer, in_words(message))


def in_words(message: str) -> str:
    """msgspec's sentence with the names of JSON's types as people say them."""
    match = _EXPECTED.fullmatch(message)
    if match is None:
        return message
    wanted = " or ".join(_WORDS.get(one, f"`{one}`") for one in match["wanted"].split(" | "))
    got = f", not {_WORDS.get(match['got'], match['got'])}" if match["got"] else ""
    return f"must be {wanted}{match['limit']}{got}"
