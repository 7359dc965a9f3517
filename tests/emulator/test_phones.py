"""Numbers over the wire as the SDKs for iOS and Android write them."""

import pytest

from tests.emulator.conftest import Inside
from tools.client import CallError, Client

INT64 = "type.googleapis.com/google.protobuf.Int64Value"
CALLABLES = (
    "generateImage", "generateVideo", "trainBrand", "creativeDirectorAgent", "controlJob", "grantCredits",
    "controlAccount", "createTeam", "controlTeam", "getCatalog",
)  # fmt: skip


def test_numbers_are_taken_as_phones_write_them(ann: Client, inside: Inside) -> None:
    numbers = {"count": 2, "width": 64, "height": 64}
    encoded = {name: {"@type": INT64, "value": str(number)} for name, number in numbers.items()}
    job_id = ann.call("generateImage", {"prompt": "x", **encoded})["jobId"]
    view = inside.database.document(f"generations/{ann.uid}/images/{job_id}").get()
    assert view.get("request_data") == {"prompt": "x", **numbers}


@pytest.mark.parametrize("name", CALLABLES)
def test_a_broken_number_of_a_phone_is_named_by_every_callable(name: str, admin: Client) -> None:
    with pytest.raises(CallError) as refused:
        admin.call(name, {"limits": [{"@type": INT64, "value": 1}]})
    assert (refused.value.status, refused.value.reason) == ("INVALID_ARGUMENT", "invalid-request")
    assert [e["field"] for e in refused.value.details["fieldErrors"]] == ["limits[0]"]
