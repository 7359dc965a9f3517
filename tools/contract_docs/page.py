"""`docs/contract.md`: `page.txt` with the tables that are made of the models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from string import Template

from mediaforge import config
from mediaforge.contract.lists import CLIENT_LISTS, ClientList
from mediaforge.contract.refusals import REFUSALS
from mediaforge.contract.sentences import FORMS
from mediaforge.domain.catalogue import parse
from mediaforge.domain.library import uploads
from mediaforge.entrypoints import doors
from mediaforge.entrypoints.api.problems import status_of
from mediaforge.entrypoints.operations import OPERATIONS
from tools.contract_docs import contents
from tools.contract_docs.contents import DOCUMENTS, FILES, HTTP_STATUS, Document
from tools.contract_docs.shapes import Field, Schema, Shape, shape_of

_TEXT = Path(__file__).with_name("page.txt")
# Markdown's own meaning of these characters is taken away.
BAR, BELOW = "\\|", "\\_"
_MIB, _GB = 1024 * 1024, 1_000_000_000


def page() -> str:
    return Template(_TEXT.read_text(encoding="utf-8")).substitute(
        _numbers(),
        forms="\n".join(_forms()),
        operations=_table(("callable", "does"), _operations()),
        callables="\n".join(_callables()),
        request_parts="\n".join(_shapes(contents.parts(contents.request_models()))),
        answers="\n".join(_shapes(contents.answer_models())),
        answer_parts="\n".join(_shapes(contents.parts(contents.answer_models()))),
        refusals=_table(("`reason`", "comes when", "`details`", "the app"), _refusals()),
        refusal_parts="\n".join(_shapes(contents.parts(contents.refusal_models()))),
        documents="\n".join(map(_document, DOCUMENTS)),
        document_parts="\n".join(_shapes(contents.parts(contents.document_models()))),
        files=_table(("path", "what", "who uploads", "who reads"), _files()),
        lists=_table(("list", "of", "has to ask for", "may also ask for", "sort"), _lists()),
    )


def _numbers() -> dict[str, str]:
    limits = parse(config.CATALOGUE_PATH.read_text(encoding="utf-8")).limits
    return {
        "region": config.REGION,
        "body_kib": str(doors.BODY_BYTES_MAX // 1024),
        "depth_max": str(doors.DEPTH_MAX),
        "content_types": ", ".join(f"`{each}`" for each in uploads.CONTENT_TYPES),
        "bytes_max": f"{uploads.BYTES_MAX // _MIB} MiB",
        "files_max": f"{limits.uploads_files_max} files",
        "all_bytes_max": f"{limits.uploads_bytes_max / _GB:g} GB",
    }


def _forms() -> Iterator[str]:
    """What the names mean that `words` gives to texts of a form."""
    for form in FORMS.values():
        name, colon, rule = form.partition(": ")
        if colon:
            yield f"- *{name[0].upper()}{name[1:]}*: {rule.replace('_', BELOW)}."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(head), _row(["---"] * len(head)), *map(_row, rows)]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |"


# ---- callables -------------------------------------------------------------------------------------


def _operations() -> Iterator[Sequence[str]]:
    for name, operation in OPERATIONS.items():
        yield f"[`{name}`](#{name.lower()})", contents.does(operation)


def _callables() -> Iterator[str]:
    for name, operation in OPERATIONS.items():
        yield f"### `{name}`\n\n{contents.says(operation)}\n"
        for action, model in contents.requests_of(operation).items():
            shape = shape_of(model)
            if action:
                yield f"#### `{name}`: `{action}`\n\n{' '.join(shape.says)}\n"
            yield _fields(shape) if shape.fields else "The payload is empty.\n"
        answers = " or ".join(
            f"[`{m.__name__}`](#{m.__name__.lower()})" for m in contents.answers_of(operation)
        )
        yield f"Answer: {answers}\n"


def _shapes(models: Iterable[type]) -> Iterator[str]:
    for model in models:
        shape = shape_of(model)
        said = [] if model in contents.parts(contents.document_models()) else shape.says
        fields = _fields(shape) if shape.fields else "It is empty.\n"
        yield "\n\n".join([f"#### `{shape.name}`", *said, fields])


def _fields(shape: Shape) -> str:
    rows = [
        (_name(field), _type(field), field.meaning or _only_type(field)) for field in shape.promised
    ]
    table = _table(("field", "type", "meaning"), rows)
    internal = [f"`{field.name}`" for field in shape.fields if not field.is_promised]
    if internal:
        table += f"\n\nNot promised, and may change or go: {', '.join(internal)}."
    return f"{table}\n"


def _only_type(field: Field) -> str:
    return "Which action." if "const" in field.schema else "See there."


def _name(field: Field) -> str:
    return f"`{field.name}`" if field.is_required else f"`{field.name}?`"


def _type(field: Field) -> str:
    default = field.default
    said = words(field.schema)
    if isinstance(default, bool):
        return f"{said}; else `{str(default).lower()}`"
    return f"{said}; else `{default}`" if default or default == 0 else said


def words(schema: Schema) -> str:
    """The values that a JSON schema describes, in words, with their limits."""
    match schema:
        case {"$ref": str(name)}:
            values = {kind.__name__: kind for kind in contents.enums()}
            return _values(values[name]) if name in values else f"[`{name}`](#{name.lower()})"
        case {"const": value}:
            return f"`{value}`"
        case {"enum": values}:
            return ", ".join(f"`{value}`" for value in values)
        case {"anyOf": options}:
            return " or ".join(map(words, options))
        case {"type": "array", "items": items}:
            return f"list of {words(items)}{_at_most(schema, 'maxItems', ', at most {}')}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"map from text to {words(values)}"
        case {"type": "object", "patternProperties": dict(named)}:
            [(pattern, said)] = named.items()
            name = FORMS[pattern].partition(": ")[0]
            entries = _at_most(schema, "maxProperties", "; at most {}")
            return f"map from {name} to {words(said)}{entries}"
    return _plain_words(schema)


def _plain_words(schema: Schema) -> str:
    match schema:
        case {"type": "string", "format": "date-time"}:
            return "moment"
        case {"type": "string", "pattern": str(pattern)}:
            return FORMS[pattern].partition(": ")[0]
        case {"type": "string"}:
            return f"text{_range(schema, 'minLength', 'maxLength')}"
        case {"type": "integer"}:
            return f"whole number{_range(schema, 'minimum', 'maximum')}"
    if schema["type"] == "object" and schema.get("title", "").startswith("fields of"):
        return str(schema["title"])
    plain: str = schema["type"]
    return "true or false" if plain == "boolean" else plain


def _values(kind: type[Enum]) -> str:
    return ", ".join(f"`{each.value}`" for each in kind)


def _range(schema: Schema, least: str, most: str) -> str:
    unit = " characters" if least == "minLength" else ""
    if least in schema and most in schema:
        return f", {schema[least]:,} to {schema[most]:,}{unit}"
    return f"{_at_most(schema, most, ', at most {}')}{unit if most in schema else ''}"


def _at_most(schema: Schema, limit: str, said: str) -> str:
    return said.format(f"{schema[limit]:,}") if limit in schema else ""


# ---- refusals --------------------------------------------------------------------------------------


def _refusals() -> Iterator[Sequence[str]]:
    known = contents.codes()
    for reason, model in REFUSALS.items():
        when, then = shape_of(model).says
        code = known[reason]
        details = "<br>".join(_detail(field) for field in shape_of(model).fields)
        api = status_of(code, reason)
        yield f"`{reason}`<br>{code}, {HTTP_STATUS[code]}<br>API: {api}", when, details or "–", then


def _detail(field: Field) -> str:
    return f"{_name(field)}: {field.meaning}"


# ---- documents -------------------------------------------------------------------------------------


def _document(document: Document) -> str:
    shape = shape_of(document.type)
    said = [
        f"### `{document.path}`",
        f"{document.says} In `types.d.ts`: `{document.name}`.",
        f"Who reads it: {_lowered(document.readers)}",
        *([f"Who writes it: {_lowered(document.writers)}"] if document.writers else []),
        _fields(shape),
    ]
    return "\n\n".join(said)


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]


def _files() -> Iterator[Sequence[str]]:
    for file in FILES:
        yield f"`{file.path}`", file.says, Template(file.upload).substitute(_numbers()), file.read


# ---- lists -----------------------------------------------------------------------------------------


def _lists() -> Iterator[Sequence[str]]:
    for each in CLIENT_LISTS:
        of = f'`collectionGroup("{each.collection}")`' if each.is_group else f"`{each.collection}`"
        field = each.order_by.removeprefix("-")
        way = "descending" if each.order_by.startswith("-") else "ascending"
        yield (
            each.says,
            of,
            _required(each),
            _names(each.optional),
            f"`{field}` {way}" if field else "–",
        )


def _required(listed: ClientList) -> str:
    item = [f"`{listed.contains}` by `array-contains`"] if listed.contains else []
    return ", ".join([*(f"`{name}`" for name in listed.required), *item]) or "–"


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "–"
