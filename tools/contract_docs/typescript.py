"""`docs/types.d.ts`: the requests, answers, refusals and documents as TypeScript. It is a part of the client
in `clients/js`, too, which also gets a table of the callables."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum

from mediaforge.contract.refusals import REFUSALS
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library import uploads
from mediaforge.entrypoints.operations import OPERATIONS, Operation
from tools.contract_docs import contents
from tools.contract_docs.shapes import Field, Schema, Shape, shape_of

_HEAD = """\
// The contract of MediaForge as types: see docs/contract.md. Generated from the models by `make docs`.

/** A moment in a document: Firestore's own class fits. */
export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
  toDate(): Date;
  toMillis(): number;
}
"""
_CALLABLES_HEAD = """\
// What the client has to know of the contract while it runs. Generated from the models by `make docs`.
import type { Callables, JobKind } from "./types.js";

/**
 * How each callable is called. `hasRequestId`: its request may have a `requestId`. `isRepeated`: it
 * may be sent again where its answer was lost, because that makes nothing twice.
 */
export const CALLABLES: Readonly<
  Record<keyof Callables, { readonly hasRequestId: boolean; readonly isRepeated: boolean }>
> = {
"""
# What makes something new is made twice, where it is sent twice without a `requestId`.
_MAKING = ("create", "rotate")
_WIDTH = 100
_PLAIN = {
    "object": "Record<string, unknown>",
    "integer": "number",
    "number": "number",
    "string": "string",
    "boolean": "boolean",
    "null": "null",
}
# Objects whose fields a model of their own checks later.
_TITLED = {
    "fields of generateImage or generateVideo": (
        "Partial<GenerateImageRequest> | Partial<GenerateVideoRequest>"
    ),
}
_MOMENT_ON_THE_WIRE, _MOMENT_IN_A_DOCUMENT = "string", "Timestamp"


def types_file() -> str:
    blocks = [
        _HEAD,
        *_section("Values", map(_enum, contents.enums())),
        *_section("Requests. A field that is null counts as not given.", _requests()),
        *_section("Answers", _answers()),
        *_section("Refusals: the `details` of an error", _refusals()),
        *_section("Documents", _documents()),
    ]
    return "\n".join(blocks)


def callables_file() -> str:
    lines = [_CALLABLES_HEAD.rstrip()]
    for name, operation in OPERATIONS.items():
        has_id = _has_request_id(operation)
        is_repeated = has_id or not name.startswith(_MAKING)
        said = f"hasRequestId: {json.dumps(has_id)}, isRepeated: {json.dumps(is_repeated)}"
        lines.append(f"  {name}: {{ {said} }},")
    folders = ", ".join(f"{kind.value}: {json.dumps(kind.plural)}" for kind in JobKind)
    lines += [
        "};\n",
        "/** The folder of each kind: `generations/{uid}/{folder}/{jobId}`. */",
        f"export const FOLDERS: Readonly<Record<JobKind, string>> = {{ {folders} }};\n",
        "/** The largest picture that may be uploaded, as `getCatalog().uploads.bytesMax` says it, too. */",
        f"export const UPLOAD_BYTES_MAX = {uploads.BYTES_MAX};\n",
    ]
    return "\n".join(lines)


def _has_request_id(operation: Operation) -> bool:
    """Whether its request may have one, whatever its action."""
    models = contents.requests_of(operation).values()
    return all("requestId" in {each.name for each in shape_of(model).fields} for model in models)


def _section(title: str, blocks: Iterable[str]) -> Iterator[str]:
    yield f"// ---- {title} ----\n"
    yield from blocks


def _enum(kind: type[Enum]) -> str:
    return f"export type {kind.__name__} = {_either(json.dumps(each.value) for each in kind)};\n"


def _requests() -> Iterator[str]:
    models = contents.request_models()
    for model in contents.parts(models):
        yield _interface(shape_of(model), model.__name__, _request_field)
    for operation in OPERATIONS.values():
        requests = contents.requests_of(operation)
        for model in requests.values():
            name = model.__name__ if len(requests) > 1 else _request_name(operation)
            yield _interface(shape_of(model), name, _request_field)
        if len(requests) > 1:
            names = _either(model.__name__ for model in requests.values())
            yield f"export type {_request_name(operation)} = {names};\n"


def _answers() -> Iterator[str]:
    models = contents.answer_models()
    for model in (*contents.parts(models), *models):
        yield _interface(shape_of(model), model.__name__, _answer_field)
    yield "/** Each callable with its request and its answer. */"
    yield "export interface Callables {"
    for name, operation in OPERATIONS.items():
        answer = _either(model.__name__ for model in contents.answers_of(operation))
        yield _comment(contents.does(operation), "  ")
        yield f"  {name}: {{ request: {_request_name(operation)}; answer: {answer} }};"
    yield "}\n"


def _refusals() -> Iterator[str]:
    for model in contents.parts(contents.refusal_models()):
        yield _interface(shape_of(model), model.__name__, _answer_field)
    for reason, model in REFUSALS.items():
        lines = [f"  reason: {json.dumps(reason)};"]
        yield _interface(shape_of(model), _refusal_name(model), _answer_field, lines)
    yield f"export type Reason ={_listed(map(json.dumps, REFUSALS))};\n"
    yield "/** `error.details` of a callable that was refused. */"
    yield f"export type Refusal ={_listed(map(_refusal_name, REFUSALS.values()))};\n"


def _documents() -> Iterator[str]:
    models = contents.document_models()
    for model in contents.parts(models):
        yield _interface(shape_of(model), model.__name__, _document_field)
    for document in contents.DOCUMENTS:
        shape = shape_of(document.type)
        yield _comment(f"`{document.path}`. {document.says}", "")
        yield _interface(Shape(shape.name, (), shape.fields), document.name, _document_field)


def _request_name(operation: Operation) -> str:
    requests = contents.requests_of(operation)
    if len(requests) == 1:
        (model,) = requests.values()
        return f"{model.__name__}Request"
    return f"{operation.name[0].upper()}{operation.name[1:]}Request"


def _refusal_name(model: type) -> str:
    return f"{model.__name__}Refusal"


def _interface(
    shape: Shape, name: str, write: Callable[[Field], str], first: Sequence[str] = ()
) -> str:
    lines = [_comment(" ".join(shape.says), "")] if shape.says else []
    fields = shape.promised
    if not fields and not first:
        return "\n".join([*lines, f"export type {name} = Record<string, never>;\n"])
    lines += [f"export interface {name} {{", *first]
    for field in fields:
        lines += [_comment(field.meaning, "  ")] if field.meaning else []
        lines.append(f"  {write(field)}")
    return "\n".join([*lines, "}\n"])


def _comment(text: str, indent: str) -> str:
    text = text.replace("*/", "*\\/")
    if len(text) + len(indent) + len("/** */") < _WIDTH:
        return f"{indent}/** {text} */"
    inner = textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=f"{indent} * ",
        subsequent_indent=f"{indent} * ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join([f"{indent}/**", *inner, f"{indent} */"])


def _request_field(field: Field) -> str:
    written = type_of(field.schema, _MOMENT_ON_THE_WIRE)
    return f"{field.name}: {written};" if field.is_required else f"{field.name}?: {written} | null;"


def _answer_field(field: Field) -> str:
    written = type_of(field.schema, _MOMENT_ON_THE_WIRE)
    return f"{field.name}{'' if field.is_required else '?'}: {written};"


def _document_field(field: Field) -> str:
    """A document has each field that is not null; older documents may lack some."""
    written = type_of(field.schema, _MOMENT_IN_A_DOCUMENT)
    return f"{field.name}: {written};" if field.is_required else f"{field.name}?: {written} | null;"


def type_of(schema: Schema, moment: str) -> str:
    """The TypeScript type of the values that a JSON schema describes."""
    match _with_any_name(schema):
        case {"$ref": str(name)}:
            return name
        case {"const": value}:
            return json.dumps(value)
        case {"enum": values}:
            return _either(map(json.dumps, values))
        case {"anyOf": options}:
            return _either(type_of(option, moment) for option in options)
        case {"type": "array", "items": items}:
            item = type_of(items, moment)
            return f"({item})[]" if " | " in item else f"{item}[]"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"Record<string, {type_of(values, moment)}>"
        case {"type": "string", "format": "date-time"}:
            return moment
    return _TITLED.get(schema.get("title", ""), _PLAIN[schema["type"]])


def _with_any_name(schema: Schema) -> Schema:
    """The schema of a map whose names have a form, which a type cannot say, without that form."""
    match schema:
        case {"type": "object", "patternProperties": dict(values)}:
            (value,) = values.values()
            return {"type": "object", "additionalProperties": value}
    return schema


def _either(options: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(options))


def _listed(options: Iterable[str]) -> str:
    return "".join(f"\n  | {option}" for option in options)
