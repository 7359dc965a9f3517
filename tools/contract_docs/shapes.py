"""The fields of a model or a stored document, with their types, their limits and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel, TypeAdapter

from mediaforge.contract.meanings import is_shaped, paragraphs
from mediaforge.contract.meanings import meanings as meanings_of
from mediaforge.domain.jobs.kinds import JobKind

Schema = Mapping[str, Any]
_INTERNAL = "Internal. "
_NULL = {"type": "null"}


@dataclass(frozen=True, slots=True)
class Field:
    """`name` is as callers see it. `schema` is the JSON schema of its values, without null where the field
    is not required. `default` is the value of a field that is left out; None where that is nothing. A field
    of a document is required if it is never null: the backend writes every other one."""

    name: str
    schema: Schema
    is_required: bool
    default: object
    meaning: str

    @property
    def is_promised(self) -> bool:
        return not self.meaning.startswith(_INTERNAL)


@dataclass(frozen=True, slots=True)
class Shape:
    """`says` has the paragraphs of the model's docstring. Required fields come first."""

    name: str
    says: Sequence[str]
    fields: Sequence[Field]

    @property
    def promised(self) -> Sequence[Field]:
        return [field for field in self.fields if field.is_promised]


@cache
def shape_of(model: type) -> Shape:
    schema = TypeAdapter(model).json_schema(by_alias=True, ref_template="{model}")
    required, meanings = schema.get("required", ()), meanings_of(model)
    fields: list[Field] = []
    for name, written in schema.get("properties", {}).items():
        meaning = meanings.get(_python_name(model, name)) or written.get("description", "")
        if written.get("propertyNames") == {"$ref": JobKind.__name__}:
            fields += _field_for_each_kind(model, written["additionalProperties"], meaning)
        elif issubclass(model, BaseModel):
            is_required, default = name in required, written.get("default")
            value = written if is_required else _without_null(written)
            fields.append(Field(name, value, is_required, default, meaning))
        else:
            value = _without_null(written)
            fields.append(Field(name, value, value == written, None, meaning))
    fields.sort(key=lambda field: not field.is_required)
    return Shape(model.__name__, paragraphs(model), fields)


def _field_for_each_kind(model: type, schema: Schema, meaning: str) -> Iterator[Field]:
    """Counts by kind are stored as a field for each kind: `images`, `videos` …"""
    empty = TypeAdapter(model).dump_python(model())
    for kind in JobKind:
        said = meaning.replace("{kinds}", kind.plural)
        yield Field(kind.plural, schema, empty[kind.plural] is not None, None, said)


def _without_null(schema: Schema) -> Schema:
    options = [option for option in schema.get("anyOf", ()) if option != _NULL]
    if not options:
        return schema
    return options[0] if len(options) == 1 else {**schema, "anyOf": options}


def _python_name(model: type, name: str) -> str:
    if issubclass(model, BaseModel):
        return next(
            own for own, field in model.model_fields.items() if (field.alias or own) == name
        )
    return name


def parts_of(model: type) -> Iterator[type]:
    """The models and enums that the promised fields of a model are made of, and those that these are made
    of, each once."""
    seen: dict[type, None] = {}
    _gather(model, seen)
    yield from seen


def _gather(model: type, seen: dict[type, None]) -> None:
    promised = {field.name for field in shape_of(model).promised}
    for name, hint in _hints(model).items():
        if name in promised:
            for part in _named_in(hint):
                if part not in seen:
                    seen[part] = None
                    if not issubclass(part, Enum):
                        _gather(part, seen)


def _hints(model: type) -> Mapping[str, Any]:
    if issubclass(model, BaseModel):
        return {field.alias or own: field.annotation for own, field in model.model_fields.items()}
    return get_type_hints(model)


def _named_in(hint: Any) -> Iterator[type]:
    if isinstance(hint, type) and (is_shaped(hint) or issubclass(hint, Enum)):
        yield hint
    for inner in get_args(hint):
        yield from _named_in(inner)
