"""What Discord demands of the messages that bots write: lengths, counts and shapes, refused as Discord refuses them."""

import itertools
from collections.abc import Iterator
from typing import Any

from discord_sim.entities import Json
from discord_sim.fields import inner, many
from discord_sim.refusals import Refusal, invalid_body

CONTENT_LENGTH = 2000
EMBEDS = 10
EMBED_TEXT = 6000
ROWS = 5
COMPONENTS_V2 = 1 << 15
V2_COMPONENTS = 40

ROW, BUTTON, STRING_SELECT = 1, 2, 3
SELECTS = {3, 5, 6, 7, 8}
LAYOUT = {9, 10, 11, 12, 13, 14, 17}
LABEL = 18
NESTED = ("accessory", "component")
LINK, PREMIUM = 5, 6

EMBED_LENGTHS = {"title": 256, "description": 4096}
FIELD_LENGTHS = {"name": 256, "value": 1024}

Problems = dict[str, tuple[str, str]]


def check_message(body: Json, *, flags: int) -> None:
    """Refuse what Discord would refuse of a message's content, embeds and components."""
    problems: Problems = {}
    content = body.get("content") or ""
    _length(problems, "content", value=content, most=CONTENT_LENGTH)
    for at, embed in enumerate(many(body, "embeds")):
        _check_embed(problems, f"embeds.{at}", embed=embed)
    _count(problems, "embeds", items=many(body, "embeds"), most=EMBEDS)
    if sum(map(_text_of, many(body, "embeds"))) > EMBED_TEXT:
        problems["embeds"] = ("MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
    modern = bool(flags & COMPONENTS_V2)
    if modern and (content or body.get("embeds")):
        problems["content"] = (
            "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
            "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
        )
    check_components(problems, "components", components=many(body, "components"), modern=modern)
    if problems:
        raise invalid_body(problems)


def check_not_empty(body: Json) -> None:
    if not any(body.get(name) for name in ("content", "embeds", "components", "attachments", "sticker_ids", "poll")):
        raise Refusal(400, 50006, "Cannot send an empty message")


def check_modal(body: Json) -> None:
    problems: Problems = {}
    _length(problems, "title", value=body.get("title"), least=1, most=45)
    _length(problems, "custom_id", value=body.get("custom_id"), least=1, most=100)
    components = many(body, "components")
    _count(problems, "components", items=components, least=1, most=5)
    for at, component in enumerate(components):
        if component.get("type") not in {ROW, LABEL, 10}:
            problems[f"components.{at}.type"] = (
                "UNION_TYPE_CHOICES",
                "Value of field 'type' must be one of (1, 10, 18).",
            )
    if problems:
        raise invalid_body(problems)


def walk(components: list[Json]) -> Iterator[Json]:
    """Every component, however deep."""
    for component in components:
        yield component
        yield from walk(many(component, "components"))
        yield from walk([inner(component, name) for name in NESTED if component.get(name)])


def numbered(components: list[Json]) -> list[Json]:
    """The components with an `id` each, as Discord keeps them: the given ones stay, the others count from 1."""
    taken = {component["id"] for component in walk(components) if component.get("id")}
    free = (number for number in itertools.count(1) if number not in taken)

    def number(component: Json) -> Json:
        kept = component | {"id": component.get("id") or next(free)}
        if "components" in component:
            kept["components"] = [number(each) for each in many(component, "components")]
        return kept | {name: number(inner(component, name)) for name in NESTED if component.get(name)}

    return [number(component) for component in components]


def check_components(problems: Problems, path: str, *, components: list[Json], modern: bool) -> None:
    if modern:
        if sum(1 for _ in walk(components)) > V2_COMPONENTS:
            problems[path] = ("BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {V2_COMPONENTS} in length.")
    else:
        _count(problems, path, items=components, most=ROWS)
    for at, component in enumerate(components):
        kind = component.get("type")
        if kind != ROW and not (modern and kind in LAYOUT):
            problems[f"{path}.{at}.type"] = ("UNION_TYPE_CHOICES", "Value of field 'type' must be one of (1,).")
    for at, row in enumerate(components):
        if row.get("type") == ROW:
            _check_row(problems, f"{path}.{at}.components", row=many(row, "components"))
    known: set[str] = set()
    for component in walk(components):
        if custom_id := component.get("custom_id"):
            if custom_id in known:
                problems[path] = ("COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
            known.add(custom_id)


def _check_row(problems: Problems, path: str, *, row: list[Json]) -> None:
    _count(problems, path, items=row, least=1, most=5)
    if any(item.get("type") in SELECTS for item in row) and len(row) > 1:
        problems[path] = ("COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")
    for at, item in enumerate(row):
        if item.get("type") == BUTTON:
            _check_button(problems, f"{path}.{at}", button=item)
        elif item.get("type") in SELECTS:
            _length(problems, f"{path}.{at}.custom_id", value=item.get("custom_id"), least=1, most=100)
            if item["type"] == STRING_SELECT:
                _count(problems, f"{path}.{at}.options", items=many(item, "options"), least=1, most=25)
        else:
            problems[f"{path}.{at}.type"] = (
                "UNION_TYPE_CHOICES",
                "Value of field 'type' must be one of (2, 3, 5, 6, 7, 8).",
            )


def _check_button(problems: Problems, path: str, *, button: Json) -> None:
    style = button.get("style")
    if style not in range(1, 7):
        problems[f"{path}.style"] = ("BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5, 6}.")
    elif style == LINK:
        if not button.get("url") or button.get("custom_id"):
            problems[f"{path}.url"] = ("BUTTON_COMPONENT_LINK_URL", "A link button has a url and no custom_id")
    elif style != PREMIUM:
        _length(problems, f"{path}.custom_id", value=button.get("custom_id"), least=1, most=100)
    if style != PREMIUM and not (button.get("label") or button.get("emoji")):
        problems[f"{path}.label"] = ("BUTTON_COMPONENT_INVALID_LABEL", "A button has a label or an emoji")
    _length(problems, f"{path}.label", value=button.get("label"), most=80)


def _check_embed(problems: Problems, path: str, *, embed: Json) -> None:
    for name, most in EMBED_LENGTHS.items():
        _length(problems, f"{path}.{name}", value=embed.get(name), most=most)
    _length(problems, f"{path}.footer.text", value=inner(embed, "footer").get("text"), most=2048)
    _length(problems, f"{path}.author.name", value=inner(embed, "author").get("name"), most=256)
    fields = many(embed, "fields")
    _count(problems, f"{path}.fields", items=fields, most=25)
    for at, field in enumerate(fields):
        for name, most in FIELD_LENGTHS.items():
            _length(problems, f"{path}.fields.{at}.{name}", value=field.get(name) or "", least=1, most=most)


def _text_of(embed: Json) -> int:
    parts: list[Any] = [embed.get("title"), embed.get("description")]
    parts += [inner(embed, "footer").get("text"), inner(embed, "author").get("name")]
    parts += [field.get(name) for field in many(embed, "fields") for name in FIELD_LENGTHS]
    return sum(len(part) for part in parts if part)


def _length(problems: Problems, path: str, *, value: Any, most: int, least: int = 0) -> None:
    if value is None and not least:
        return
    if value is not None and not isinstance(value, str):
        problems[path] = ("BASE_TYPE_STRING", "Could not interpret the value as string.")
    elif not value and least:
        problems[path] = ("BASE_TYPE_REQUIRED", "This field is required")
    elif value and len(value) > most:
        problems[path] = ("BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")


def _count(problems: Problems, path: str, *, items: list[Json], most: int, least: int = 0) -> None:
    if not least <= len(items) <= most:
        problems[path] = ("BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
