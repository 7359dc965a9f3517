"""On the emulators: what somebody keeps on a view is there when its job has come to its end."""

from tests.emulator.conftest import Inside, submit
from tools.client import Client

MARKS = {"favourite": True, "tags": ["sea", "dusk"]}


def test_a_user_s_marks_survive_every_transition(ann: Client, inside: Inside) -> None:
    job = submit(ann, "[[throttle:1]] [[fail:transient:1]] a lighthouse")
    view = inside.database.document(job["path"])
    view.update(MARKS)
    inside.wait_until_settled(job["jobId"])
    fields = view.get().to_dict() or {}
    assert (fields["status"], {name: fields[name] for name in MARKS}) == ("completed", MARKS)
    inside.assert_promises_of(ann.uid)


def test_a_job_s_document_is_kept_in_parts(ann: Client, inside: Inside) -> None:
    job = submit(ann, "a lighthouse")
    inside.wait_until_settled(job["jobId"])
    fields = inside.database.document(f"jobs/{job['jobId']}").get().to_dict() or {}
    assert fields["wish"]["request_data"]["prompt"] == "a lighthouse"
    assert (fields["run"]["attempts"], fields["end"]["charged_credits"]) == (1, 2)
    assert not {"attempts", "charged_credits", "request_data"} & fields.keys()
