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
from mediaforge.contract.requests import DOCUMENT_ID, ROW_TITLE
from mediaforge.domain.people.keys import Scope
from mediaforge.entrypoints.api.examples import EXAMPLES
from mediaforge.entrypoints.api.problems import STATUSES
from mediaforge.entrypoints.api.routes import ROUTES, Route
from mediaforge.services.library.batches import OF_THE_BATCH, ROW_REQUESTS

Schema = dict[str, Any]
_JSON, _PROBLEM = "application/json", "application/problem+json"
_PARAM = re.compile(r"\{(\w+)\}")
_ABOUT = """MediaForge makes images and videos from a prompt, for credits.

Send an API key (the callable `createApiKey` makes one; docs/api.md has the command) or a Firebase ID token
as `Authorization: Bearer …`. A refusal is a problem document; docs/contract.md has all values of its
`reason`. What is somebody else's answers 404, like what does not exist. A request with an `Idempotency-Key`
may be sent again: it is carried out once."""
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
    "Location": {
        "description": "Where to look at what was made, relative to the address of the request.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
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
_SCHEMAS_AT = "#/components/schemas/"
_ALWAYS = ("X-Request-Id", "RateLimit", "RateLimit-Policy")


@cache
def as_json() -> str:
    return json.dumps(description(), ensure_ascii=False)


def description() -> Mapping[str, Any]:
    schemas = _schemas()
    paths: dict[str, Schema] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    paths |= _others()
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
                    "description": "An API key (`mf_live_…`; on the emulators `mf_test_…`) or a Firebase ID "
                    "token.",
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
    """Adds what the string below a field says of it. There are no `default`s: a generator of types takes a
    field that has one for a field that is always there."""

    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        made = super().model_schema(schema)
        _describe(made, schema["cls"])
        _leave_out_defaults(made, tells=self.mode == "validation")
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


def _leave_out_defaults(made: Schema, *, tells: bool) -> None:
    for written in made.get("properties", {}).values():
        default = written.pop("default", None)
        if tells and default not in (None, [], {}):
            says = f"{written.get('description', '')} Without it: `{json.dumps(default)}`."
            written["description"] = says.strip()


def _with_rows(schemas: Schema) -> Schema:
    """The schemas, in which each row of a batch is one of the two requests that it may be. Its model reads a
    row later, so its field shows an object of whatever fields."""
    rows, whole = {}, [model.__name__ for model in ROW_REQUESTS.values()]
    for model in whole:
        name, properties = f"{model}Row", dict(schemas[model]["properties"])
        for of_the_batch in OF_THE_BATCH:
            del properties[of_the_batch]
        rows[name] = {**schemas[model], "title": name, "properties": properties}
    either = [{"$ref": f"{_SCHEMAS_AT}{name}"} for name in rows]

    def filled(part: Any) -> Any:
        if isinstance(part, list):
            return [filled(each) for each in part]
        if not isinstance(part, dict):
            return part
        if part.get("title") == ROW_TITLE:
            return {"anyOf": either, **{k: v for k, v in part.items() if k == "description"}}
        return {name: filled(each) for name, each in part.items()}

    told: Schema = filled({**schemas, **rows})
    return {name: each for name, each in told.items() if name not in whole}


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
    requests = {model for route in ROUTES for model in route.requests} | {*ROW_REQUESTS.values()}
    answers = {model for route in ROUTES for model in route.answers} | {Generation, Problem}
    refs, definitions = models_json_schema(
        [
            *((model, "validation") for model in _by_name(requests)),
            *((model, "serialization") for model in _by_name(answers)),
        ],
        ref_template=f"{_SCHEMAS_AT}{{model}}",
        schema_generator=_Described,
    )
    return _Schemas(_with_rows(definitions["$defs"]), refs)


def _by_name(models: set[Any]) -> Sequence[Any]:
    return sorted(models, key=lambda model: model.__name__)


# ---- one route -------------------------------------------------------------------------------------


def _operation(route: Route, schemas: _Schemas) -> Schema:
    says = [route.says] if route.says else paragraphs(route.requests[0])
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
        schema = _body(route, schemas, route.requests[0])
        by_address = {_JSON: {"schema": schema, "examples": _examples(route)}}
        described["requestBody"] = {"required": True, "content": {**_FILE, **by_address}}
    elif route.has_body:
        bodies = [_body(route, schemas, each) for each in route.requests]
        schema = bodies[0] if len(bodies) == 1 else {"anyOf": bodies}
        is_required = any("$ref" in body or "required" in body for body in bodies)
        described["requestBody"] = {
            "required": is_required,
            "content": {_JSON: {"schema": schema, "examples": _examples(route)}},
        }
    return described


def _examples(route: Route) -> Schema:
    return {name: {"value": body} for name, body in EXAMPLES[route.name].items()}


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
    """The payload without the fields that the path names, and those that mean something elsewhere alone."""
    named = {*_PARAM.findall(route.path), *route.fixed, *route.unread}
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


# ---- what is no operation --------------------------------------------------------------------------


def _others() -> dict[str, Schema]:
    """The routes that `serve` answers without the table."""
    return {"/mcp": {"post": _assistants()}} | {
        path: {"get": _page(name, says, content_type)}
        for path, name, says, content_type in (
            ("/openapi.json", "getDescription", "This description, in OpenAPI 3.1.", _JSON),
            ("/docs", "getPage", "A page on which the API is read and tried.", "text/html"),
        )
    }


def _page(name: str, says: str, content_type: str) -> Schema:
    schema = {"type": "object" if content_type == _JSON else "string"}
    refusals = {str(each): {"$ref": f"#/components/responses/{each}"} for each in (405, 429, 503)}
    return {
        "operationId": name,
        "tags": ["about"],
        "summary": says.rstrip("."),
        "description": f"{says} Needs no key.",
        "security": [],
        "responses": {**refusals, "200": _said(200, {content_type: {"schema": schema}})},
    }


def _assistants() -> Schema:
    """The Model Context Protocol. Its own refusals are errors of JSON-RPC, not problem documents."""
    message: Schema = {
        "type": "object",
        "properties": {
            "jsonrpc": {"const": "2.0"},
            "id": {"type": ["string", "integer"]},
            "method": {"type": "string"},
            "params": {"type": "object"},
        },
        "required": ["jsonrpc", "method"],
    }
    said: Schema = {"type": "object", "properties": {"jsonrpc": {"const": "2.0"}}}
    told = {_JSON: {"schema": said}}
    problems = {str(each): {"$ref": f"#/components/responses/{each}"} for each in STATUSES}
    # What the protocol refuses and what the API refuses before it have these in common.
    either = {_JSON: {"schema": said}, _PROBLEM: {"schema": {"$ref": f"{_SCHEMAS_AT}Problem"}}}
    return {
        "operationId": "callTool",
        "tags": ["about"],
        "summary": "The Model Context Protocol, for assistants",
        "description": (
            "One message of JSON-RPC; docs/assistants.md has the tools. No session is kept. Each tool needs "
            "a scope of its own."
        ),
        "requestBody": {
            "required": True,
            "content": {
                _JSON: {
                    "schema": message,
                    "examples": {
                        "tools": {"value": {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}}
                    },
                }
            },
        },
        "responses": {
            **problems,
            "200": _said(200, told),
            "202": {"description": "A notification, which gets no answer."},
            "400": _said(400, either),
            "404": _said(404, either),
        },
    }


def _said(status: int, content: Schema) -> Schema:
    return {"description": HTTPStatus(status).phrase, "content": content}
