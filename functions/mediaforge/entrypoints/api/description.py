"""The description of the HTTPS API in OpenAPI 3.1, made from the routes and from the models that read the
requests and write the answers."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

from mediaforge import VERSION
from mediaforge.contract.answers import Generation
from mediaforge.contract.api import Problem
from mediaforge.contract.meanings import meanings, paragraphs
from mediaforge.contract.requests import DOCUMENT_ID
from mediaforge.domain.people.keys import Scope
from mediaforge.entrypoints.api.problems import STATUSES
from mediaforge.entrypoints.api.routes import ROUTES, Route

Schema = dict[str, Any]
_JSON, _PROBLEM = "application/json", "application/problem+json"
_PARAM = re.compile(r"\{(\w+)\}")
_ABOUT = """MediaForge makes images and videos from a prompt, for credits.

Send an API key (the callable `createApiKey` makes one) or a Firebase ID token as `Authorization: Bearer …`.
A refusal is a problem document; docs/contract.md has all values of its `reason`. What is somebody else's
answers 404, like what does not exist. A request with an `Idempotency-Key` may be sent again: it is carried
out once."""
_TAGS = {
    "jobs": "One image, video or training.",
    "batches": "Up to a hundred rows at once.",
    "exports": "Batches and jobs as one file.",
    "webhooks": "Who is told when jobs and batches end.",
    "about": "Models, prices, the balance.",
}
_TAG_OF = {"generate": "jobs", "train-brand": "jobs", "references": "jobs"}
_HEADERS: Mapping[str, Schema] = {
    "X-Request-Id": {
        "description": "Names the request, also in our logs: the caller's own, or a new one.",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'Requests that are left: `"requests";r=…;t=…`, all of them again after `t` seconds.',
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": 'The limit: `"requests";q=…;w=60` allows `q` in 60 seconds.',
        "schema": {"type": "string"},
    },
    "Location": {"description": "Where to look at what was made.", "schema": {"type": "string"}},
}
_PICTURE: Schema = {"type": "string", "format": "binary"}
_FILE: Mapping[str, Schema] = {
    "image/png": {"schema": _PICTURE},
    "image/jpeg": {"schema": _PICTURE},
    "image/webp": {"schema": _PICTURE},
    "multipart/form-data": {
        "schema": {"type": "object", "properties": {"file": _PICTURE}, "required": ["file"]}
    },
}
_ALWAYS = ("X-Request-Id", "RateLimit", "RateLimit-Policy")


@cache
def as_json() -> str:
    return json.dumps(description(), ensure_ascii=False)


def description() -> Mapping[str, Any]:
    schemas = _schemas()
    paths: dict[str, Schema] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "MediaForge", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": "."}],
        "tags": [{"name": name, "description": says} for name, says in _TAGS.items()],
        "security": [{"bearer": []}, {"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key (`mf_live_…`) or a Firebase ID token.",
                },
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
            "headers": _HEADERS,
            "responses": {str(status): _refusal(status, schemas) for status in STATUSES},
            "schemas": schemas.all,
        },
    }


# ---- schemas ---------------------------------------------------------------------------------------


class _Described(GenerateJsonSchema):
    """Adds what the string below a field says of it."""

    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        made = super().model_schema(schema)
        _describe(made, schema["cls"])
        return made

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> Schema:
        made = super().dataclass_schema(schema)
        _describe(made, schema["cls"])
        return made


def _describe(made: Schema, model: type) -> None:
    known = getattr(model, "model_fields", {})
    for name, says in meanings(model).items():
        field = known.get(name)
        written = made.get("properties", {}).get((field.alias or name) if field else name)
        if written is not None and "$ref" not in written:
            written.setdefault("description", says)


@dataclass(frozen=True, slots=True)
class _Schemas:
    """The schemas of all models, and under which name each of them is."""

    all: Mapping[str, Schema]
    refs: Mapping[Any, Schema]

    def read(self, model: type[BaseModel]) -> Schema:
        return dict(self.refs[model, "validation"])

    def written(self, model: type) -> Schema:
        return dict(self.refs[model, "serialization"])

    def fields_read(self, model: type[BaseModel]) -> Schema:
        """The schema itself, of a payload."""
        return self.all[self.read(model)["$ref"].rsplit("/", 1)[-1]]


def _schemas() -> _Schemas:
    requests = {model for route in ROUTES for model in route.requests}
    answers = {model for route in ROUTES for model in route.answers} | {Generation, Problem}
    refs, definitions = models_json_schema(
        [
            *((model, "validation") for model in _by_name(requests)),
            *((model, "serialization") for model in _by_name(answers)),
        ],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Described,
    )
    return _Schemas(definitions["$defs"], refs)


def _by_name(models: set[Any]) -> Sequence[Any]:
    return sorted(models, key=lambda model: model.__name__)


# ---- one route -------------------------------------------------------------------------------------


def _operation(route: Route, schemas: _Schemas) -> Schema:
    says = [part for request in route.requests[:1] for part in paragraphs(request)]
    described: Schema = {
        "operationId": route.name,
        "tags": [_tag_of(route)],
        "summary": says[0].split(". ")[0].rstrip("."),
        "description": " ".join(says) + _scope(route),
        "parameters": list(_parameters(route, schemas)),
        "responses": _responses(route, schemas),
    }
    if route.operation.is_open:
        described["security"] = []
    if route.takes_file:
        by_address = {_JSON: {"schema": _body(route, schemas, route.requests[0])}}
        described["requestBody"] = {"required": True, "content": {**_FILE, **by_address}}
    elif route.has_body:
        bodies = [_body(route, schemas, each) for each in route.requests]
        schema = bodies[0] if len(bodies) == 1 else {"anyOf": bodies}
        is_required = any("$ref" in body or "required" in body for body in bodies)
        described["requestBody"] = {
            "required": is_required,
            "content": {_JSON: {"schema": schema}},
        }
    return described


def _tag_of(route: Route) -> str:
    first = route.path.split("/")[1]
    tag = _TAG_OF.get(first, first)
    return tag if tag in _TAGS else "about"


def _scope(route: Route) -> str:
    scope: Scope = route.operation.scope
    return " Needs no key." if route.operation.is_open else f" A key needs the scope `{scope}`."


def _parameters(route: Route, schemas: _Schemas) -> Iterator[Schema]:
    model = route.requests[0]
    fields = schemas.fields_read(model).get("properties", {})
    in_path = _PARAM.findall(route.path)
    for name in in_path:
        schema = {"type": "string", "pattern": DOCUMENT_ID}
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    if not route.has_body:
        for name, schema in fields.items():
            if name not in in_path:
                yield {"name": name, "in": "query", "schema": _without_null(schema)}
    elif "requestId" in fields:
        schema = _without_null(fields["requestId"])
        yield {"name": "Idempotency-Key", "in": "header", "schema": schema}
    if route.may_wait:
        says = "`wait=N`: wait for the finished job, at most N seconds, and 60 at the very most."
        schema = {"type": "string"}
        yield {"name": "Prefer", "in": "header", "schema": schema, "description": says}


def _without_null(schema: Schema) -> Schema:
    """A field that may be left out, as a parameter: null cannot be written there."""
    options = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    rest = {
        name: each for name, each in schema.items() if name not in ("anyOf", "default", "title")
    }
    if not options:
        return rest
    return {**rest, **options[0]} if len(options) == 1 else {**rest, "anyOf": options}


def _body(route: Route, schemas: _Schemas, model: type[BaseModel]) -> Schema:
    """The payload without the fields that the path names."""
    named = {*_PARAM.findall(route.path), *route.fixed}
    if not named:
        return schemas.read(model)
    whole = schemas.fields_read(model)
    properties = {name: each for name, each in whole["properties"].items() if name not in named}
    required = [name for name in whole.get("required", ()) if name not in named]
    body = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**body, "required": required} if required else body


def _responses(route: Route, schemas: _Schemas) -> Schema:
    answers = [schemas.written(model) for model in route.answers]
    schema = answers[0] if len(answers) == 1 else {"anyOf": answers}
    told = {str(route.status): _told(route.status, schema, has_location=bool(route.location))}
    told |= {str(each): _told(each, schema, has_location=False) for each in route.other}
    if route.may_wait:
        told["200"] = _told(200, schemas.written(Generation), has_location=True)
    refusals = {str(each): {"$ref": f"#/components/responses/{each}"} for each in STATUSES}
    return {**refusals, **told}


def _told(status: int, schema: Schema, *, has_location: bool) -> Schema:
    names = (*_ALWAYS, "Location") if has_location else _ALWAYS
    return {
        "description": HTTPStatus(status).phrase,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {_JSON: {"schema": schema}},
    }


def _refusal(status: int, schemas: _Schemas) -> Schema:
    schema = schemas.written(Problem)
    return {"description": HTTPStatus(status).phrase, "content": {_PROBLEM: {"schema": schema}}}
