"""What is wrong with a field is said in sentences of ours, for every error that a payload can come to."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from mediaforge.contract.requests import (
    ACCOUNT_ACTIONS,
    TEAM_ACTIONS,
    CreateApiKey,
    GenerateImage,
    GenerateVideo,
    SetMember,
    SubmitBatch,
    parse,
)
from mediaforge.contract.sentences import FORMS, SENTENCES
from mediaforge.domain.errors import InvalidRequestError
from mediaforge.domain.library.webhooks import WebhookEvent
from mediaforge.entrypoints.operations import OPERATIONS
from mediaforge.services.library.webhooks import CreateWebhook
from tests.unit.test_requests import BAD_ACTIONS, BAD_IMAGES, JSON, PAYLOADS, good

# What pydantic's own sentences are made of.
FOREIGN = re.compile(
    r"Input|input|should|valid (integer|string|dict|list|tuple|bool)|instance of|Value error|Field|Extra|"
    r"Tuple|String|permitted|pydantic|\{|\}"
)
ERRORS: list[tuple[type[BaseModel], dict[str, Any], str, str]] = [
    # One payload for each sentence, the field, and what is said of it.
    (GenerateImage, {}, "prompt", "is missing"),
    (GenerateImage, {"prompt": 7}, "prompt", "must be a text"),
    (GenerateImage, {"prompt": ""}, "prompt", "must be at least 1 long, counted in characters"),
    (GenerateImage, {"prompt": "x" * 4001}, "prompt", "must be at most 4000 long, counted in characters"),
    (GenerateImage, {"prompt": "\ud800"}, "prompt", "is not valid Unicode (a lone surrogate)"),
    (GenerateImage, {"prompt": " "}, "prompt", "is blank"),
    (GenerateImage, {"prompt": "x", "count": 0}, "count", "must be at least 1"),
    (GenerateImage, {"prompt": "x", "count": 5}, "count", "must be at most 4"),
    (GenerateImage, {"prompt": "x", "count": 1.5}, "count", "must be a whole number"),
    (GenerateImage, {"prompt": "x", "count": True}, "count", "must be a whole number"),
    (GenerateImage, {"prompt": "x", "colour": 1}, "colour", "is not a field of this request"),
    (GenerateImage, {"prompt": "x", "userId": 1}, "userId", "is not a field of this request"),
    (
        GenerateImage,
        {"prompt": "x", "styleID": "x"},
        "styleID",
        'is not a field of this request; did you mean "styleId"?',
    ),
    (
        GenerateImage,
        {"prompt": "x", "negative_prompt": "x"},
        "negative_prompt",
        'is not a field of this request; did you mean "negativePrompt"?',
    ),
    (
        GenerateImage,
        {"prompt": "x", "references": [{"path": "a", "mode": "style_only", "Mode": 1}]},
        "references[0].Mode",
        'is not a field of references[0]; did you mean "mode"?',
    ),
    (
        GenerateVideo,
        {"prompt": "x", "firstFrame": {"path": "a", "paths": ["a"]}},
        "firstFrame.paths",
        'is not a field of firstFrame; did you mean "path"?',
    ),
    (
        SetMember,
        {"teamId": "t", "action": "setMember", "uid": "u", "limits": {"images": 5}},
        "limits.images",
        'is not a field of limits; did you mean "imagesADay"?',
    ),
    (GenerateImage, {"prompt": "x", "styleId" * 9: 1}, "styleId" * 9, "is not a field of this request"),
    (GenerateImage, {"prompt": "x", "priority": "x"}, "priority", "must be one of low, normal, high"),
    (GenerateImage, {"prompt": "x", "kind": "video"}, "kind", "must be one of image"),
    (GenerateImage, {"prompt": "x", "aspectRatio": "wide"}, "aspectRatio", "must be a ratio like 16:9"),
    (GenerateImage, {"prompt": "x", "references": {}}, "references", "must be a list"),
    (GenerateImage, {"prompt": "x", "references": ["x"]}, "references[0]", "must be an object"),
    (
        GenerateImage,
        {"prompt": "x", "references": [{"path": "a", "mode": "style_only"}] * 7},
        "references",
        "must have at most 6 items",
    ),
    (
        GenerateImage,
        {"prompt": "x", "scheduledAt": "2026-02-30T10:00:00Z"},
        "scheduledAt",
        "is not a date and time that exists",
    ),
    (SubmitBatch, {"name": "b", "rows": []}, "rows", "must have at least 1 item"),
    (SubmitBatch, {"name": "b", "rows": [{}, "x"]}, "rows[1]", "must be an object"),
    # A list is not called too short for what is wrong in it.
    (SubmitBatch, {"name": "b", "rows": ["x"]}, "rows[0]", "must be an object"),
    (
        CreateApiKey,
        {"name": "k", "scopes": ["write"]},
        "scopes[0]",
        "must be one of read, generate, manage",
    ),
    (
        CreateWebhook,
        {"url": "https://example.com", "events": ["job.done"]},
        "events[0]",
        f"must be one of {', '.join(WebhookEvent)}",
    ),
    (GenerateVideo, {"prompt": "x", "generateAudio": 1}, "generateAudio", "must be true or false"),
    (GenerateImage, {"prompt": "x", "variables": "x"}, "variables", "must be an object"),
    (GenerateImage, {"prompt": "x", "variables": {"a": 1}}, "variables.a", "must be a text"),
    (
        GenerateImage,
        {"prompt": "x", "variables": {"2nd": "x"}},
        "variables.2nd",
        "must be a variable's name: a letter, and up to 63 more characters without spaces, brackets and dots",
    ),
    (
        GenerateImage,
        {"prompt": "x", "variables": {f"v{n}": "x" for n in range(51)}},
        "variables",
        "must have at most 50 items",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("model", "payload", "field", "message"), ERRORS)
def test_what_is_wrong_is_said_in_our_words(
    model: type[BaseModel], payload: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse(model, payload)
    assert refused.value.details["fieldErrors"] == [{"field": field, "message": message}]


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("creativeDirectorAgent", {"brief": "x", "colour": 1}),
        ("controlTeam", {"teamId": "t", "action": "remove", "uid": "u", "colour": 1}),
    ],
)
def test_an_operation_is_called_by_its_name(name: str, payload: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        OPERATIONS[name].read(payload)
    assert refused.value.message.endswith(f"colour: is not a field of {name}")


def test_every_sentence_is_shown_above() -> None:
    said = {message for _, _, _, message in ERRORS}
    beginnings = {text.partition("{")[0] for text in SENTENCES.values()}
    assert not {b for b in beginnings if not any(each.startswith(b) for each in said)}


def patterns(schema: object) -> Iterator[str]:
    """Every pattern in a JSON schema."""
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        yield from schema.get("patternProperties", ())
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from patterns(part)


def test_every_pattern_of_a_payload_is_said_in_words() -> None:
    assert {p for model in PAYLOADS for p in patterns(model.model_json_schema())} == set(FORMS)


def complaints(model: type[BaseModel], payload: dict[str, Any]) -> tuple[set[str], list[str]]:
    """The types of what pydantic finds wrong with it, and what we say."""
    types: set[str] = set()
    try:
        model.model_validate(payload)
    except ValidationError as error:
        types = {each["type"] for each in error.errors()}
    try:
        parse(model, payload)
    except InvalidRequestError as refused:
        return types, [each["message"] for each in refused.details["fieldErrors"]]
    return types, []


def assert_ours(model: type[BaseModel], payload: dict[str, Any]) -> None:
    types, messages = complaints(model, payload)
    assert types <= {*SENTENCES, "value_error"}
    assert not [message for message in messages if FOREIGN.search(message)]


VALUES = JSON | st.sampled_from([v for fields, _ in BAD_IMAGES for v in fields.values()])
NAMES = {model: sorted(f.alias or n for n, f in model.model_fields.items()) for model in PAYLOADS}


@settings(deadline=None, max_examples=600)
@given(data=st.data(), model=st.sampled_from(PAYLOADS))
def test_no_payload_is_answered_in_pydantic_s_words(
    data: st.DataObject, model: type[BaseModel]
) -> None:
    names = st.sampled_from([*NAMES[model], "other"])
    assert_ours(model, data.draw(st.dictionaries(names, VALUES, max_size=6)))


@pytest.mark.parametrize(("fields", "_field"), BAD_IMAGES)
def test_nothing_wrong_with_an_image_is_answered_in_pydantic_s_words(
    fields: dict[str, Any], _field: str
) -> None:
    assert_ours(GenerateImage, {"prompt": "a lighthouse", **fields})


@pytest.mark.parametrize(("action", "change", "_field"), BAD_ACTIONS)
def test_nothing_wrong_with_an_action_is_answered_in_pydantic_s_words(
    action: str, change: dict[str, Any], _field: str
) -> None:
    models: dict[str, type[BaseModel]] = {**ACCOUNT_ACTIONS, **TEAM_ACTIONS}
    assert_ours(models[action], {**good(action), **change})
