"""What documents say of our values: which fields an answer always has, and which problems there are."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

import msgspec
from litestar.openapi.spec import Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from contracts.problems import Problem, ProblemBody

REFERENCES: Final = "#/components/schemas/{name}"


class AnswerSchemas(OpenAPISchemaPlugin):
    """Structs that are answers: a field with a default is there all the same. Those that refuse unknown fields are
    requests, where it may be left out.
    """

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        if field_definition.is_union or not field_definition.is_subclass_of(msgspec.Struct):
            return False
        config = field_definition.type_.__struct_config__
        return not (config.tag_field or config.forbid_unknown_fields)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        hints = field_definition.get_type_hints(include_extras=True, resolve_generics=True)
        struct: type[msgspec.Struct] = field_definition.type_
        fields = {
            one.encode_name: FieldDefinition.from_annotation(annotation=hints[one.name], name=one.encode_name)
            for one in msgspec.structs.fields(struct)
        }
        if struct is ProblemBody:
            fields["code"] = FieldDefinition.from_annotation(annotation=Literal[codes()], name="code")
        return schema_creator.create_component_schema(
            field_definition, required=sorted(always_there(struct)), property_fields=fields
        )


def always_there(struct: type[msgspec.Struct]) -> list[str]:
    """The fields that are encoded whatever they hold."""
    omits = struct.__struct_config__.omit_defaults
    fields = msgspec.structs.fields(struct)
    return [one.encode_name for one in fields if one.required or not (omits or one.default is msgspec.UNSET)]


def codes() -> tuple[str, ...]:
    """The codes of all problems that this program knows."""
    found: set[str] = set()
    waiting: list[type[Problem]] = [Problem]
    while waiting:
        problem = waiting.pop()
        waiting += problem.__subclasses__()
        found.add(problem.code)
    return tuple(sorted(found))


def answer_schemas(types: Iterable[type[msgspec.Struct]]) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """Schemas of these types and of all that they are made of, as answers."""
    listed = tuple(types)
    schemas, parts = msgspec.json.schema_components(listed, ref_template=REFERENCES)
    for struct in _structs_in(msgspec.inspect.multi_type_info(listed)):
        part = parts.get(struct.__name__)
        if part is not None and "properties" in part:
            tag = [name for name in part.get("required", ()) if name == struct.__struct_config__.tag_field]
            part["required"] = [*tag, *always_there(struct)]
    return schemas, parts


def _structs_in(types: Iterable[msgspec.inspect.Type]) -> Iterator[type[msgspec.Struct]]:
    seen: set[type[msgspec.Struct]] = set()
    waiting: list[Any] = list(types)
    while waiting:
        one = waiting.pop()
        if isinstance(one, msgspec.inspect.StructType):
            if one.cls in seen:
                continue
            seen.add(one.cls)
            yield one.cls
            waiting += [field.type for field in one.fields]
        else:
            waiting += [part for name in ("types", "item_types") for part in getattr(one, name, ())]
            waiting += [getattr(one, name) for name in ("type", "item_type", "value_type") if hasattr(one, name)]
