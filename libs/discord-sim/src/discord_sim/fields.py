"""Reading JSON that others wrote: what is absent or null is empty, what has another shape is refused."""

from typing import Any, cast

from discord_sim.entities import Json
from discord_sim.refusals import invalid_body


def an_object(value: Any, *, at: str = "body") -> Json:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid_body({at: ("DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")})
    return cast("Json", value)


def a_list(value: Any, *, at: str = "body") -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid_body({at: ("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")})
    return cast("list[Any]", value)


def inner(body: Json, name: str) -> Json:
    """The object at this name."""
    return an_object(body.get(name), at=name)


def many(body: Json, name: str) -> list[Json]:
    """The objects in the list at this name."""
    return [an_object(each, at=name) for each in a_list(body.get(name), at=name)]
