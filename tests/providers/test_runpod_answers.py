"""What a worker's answer means, whatever it holds besides."""

import base64
from typing import Any

import pytest

from mediaforge.domain.errors import LostError, RejectedError
from mediaforge.ports.provider import Asset
from mediaforge.providers.runpod.answer import delivered, error_of, raise_failure
from protocols.vertex import paint
from tests.support.provider_requests import image

PNG = paint("a cat", 1)


def file(**changes: Any) -> dict[str, Any]:
    return {"base64": base64.b64encode(PNG).decode(), "content_type": "image/png", **changes}


def answer(*files: Any) -> dict[str, Any]:
    return {"output": {"files": [*files]}}


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "a cat",
        {},
        file(base64=""),
        file(base64="no base64!"),
        file(base64=5),
        file(content_type="text/html"),
        file(content_type=None),
    ],
)
def test_a_file_that_cannot_be_read_does_not_cost_the_others(bad: Any) -> None:
    request = image("a cat", count=3)
    found = delivered(request, "images1/1", answer(file(), bad, file()))
    assert found == [Asset(PNG, "png", "image/png")] * 2
    with pytest.raises(LostError, match="nothing-delivered"):
        delivered(request, "images1/1", answer(bad))


@pytest.mark.parametrize(
    "encode",
    [
        lambda content: base64.urlsafe_b64encode(content).decode().rstrip("="),
        lambda content: base64.encodebytes(content).decode(),
    ],
)
def test_a_file_is_read_however_its_base64_is_written(encode: Any) -> None:
    found = delivered(image("a cat"), "images1/1", answer(file(base64=encode(PNG))))
    assert found == [Asset(PNG, "png", "image/png")]


OURS = {"code": "lora-missing", "kind": "rejected", "message": "no"}


@pytest.mark.parametrize(
    "failed",
    [{"error": OURS}, {"output": {"error": OURS}}, {"output": {"error": OURS}, "error": "broke"}],
)
def test_a_failure_is_the_worker_s_own_wherever_it_comes(failed: dict[str, Any]) -> None:
    with pytest.raises(RejectedError) as raised:
        raise_failure("images1/1", error_of({"status": "FAILED", **failed}))
    assert raised.value.code == "lora-missing"


@pytest.mark.parametrize("odd", [None, [], "text", {"error": None}, {}])
def test_an_output_that_says_nothing_hides_no_error(odd: Any) -> None:
    assert error_of({"output": odd, "error": "broke"}) == "broke"
