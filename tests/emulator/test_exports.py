"""Exports through the callable, the queue, Storage and its rules."""

import csv
import io
import json
import zipfile
from typing import Any

import httpx
import pytest

from tests.emulator.conftest import Inside
from tests.emulator.test_batches import rows, seen
from tools.client import Client


def export(user: Client, inside: Inside, **asked: Any) -> dict[str, Any]:
    """The export's document at its end."""
    answer = user.call("exportBatch", asked)
    assert answer["status"] == "queued"
    assert answer["path"] == f"exports/{user.uid}/files/{answer['exportId']}"
    return inside.wait_for(
        answer["path"], lambda found: found.get("status") in {"completed", "failed"}
    )


@pytest.fixture
def batch_id(pro: Client) -> str:
    sent = [*rows(2, count=2), {"prompt": "=[[blocked]]"}]
    batch_id: str = pro.call("submitBatch", {"name": "posters", "rows": sent})["batchId"]
    seen(pro, batch_id, frozenset({"completed"}))
    return batch_id


def test_a_batch_leaves_as_a_zip_a_csv_and_a_json(
    pro: Client, ann: Client, inside: Inside, batch_id: str
) -> None:
    files = {
        kind: export(pro, inside, batchId=batch_id, format=kind) for kind in ("zip", "csv", "json")
    }
    for kind, told in files.items():
        assert (told["status"], told["progress"]) == ("completed", 1)
        assert told["storage_path"] == f"exports/{pro.uid}/{told['id']}.{kind}"
    raw = {kind: pro.download(told["storage_path"]) for kind, told in files.items()}
    assert {k: len(content) for k, content in raw.items()} == {
        k: told["size_bytes"] for k, told in files.items()
    }
    with zipfile.ZipFile(io.BytesIO(raw["zip"])) as folder:
        assert folder.testzip() is None
        names = [f"00{i}_row-{i}_{n}.png" for i in (0, 1) for n in (1, 2)]
        assert folder.namelist() == [*names, "rows.csv", "rows.json"]
        assert all(folder.read(name).startswith(b"\x89PNG") for name in names)
    lines = list(csv.DictReader(io.StringIO(raw["csv"].decode("utf-8-sig"), newline="")))
    assert [line["status"] for line in lines] == ["completed", "completed", "failed"]
    assert lines[2]["prompt"] == "'=[[blocked]]"
    told_rows = json.loads(raw["json"])["rows"]
    assert [len(row.get("generationData", {}).get("imageUrls", [])) for row in told_rows] == [
        2,
        2,
        0,
    ]

    # Whoever has the address may read; a stranger who knows the path may not.
    assert httpx.get(files["zip"]["url"], trust_env=False).content == raw["zip"]
    with pytest.raises(httpx.HTTPStatusError):
        ann.download(files["zip"]["storage_path"])
    refused = ann.post("exportBatch", {"data": {"batchId": batch_id, "format": "csv"}})
    assert refused.json()["error"]["details"] == {"reason": "not-found"}


def test_a_single_job_leaves_as_a_zip(pro: Client, inside: Inside, batch_id: str) -> None:
    job_id = pro.get(f"batches/{batch_id}/rows/0")["job_id"]  # type: ignore[index]
    told = export(pro, inside, jobIds=[job_id], format="zip")
    with zipfile.ZipFile(io.BytesIO(pro.download(told["storage_path"]))) as folder:
        assert folder.namelist()[:2] == ["000_row-0_1.png", "000_row-0_2.png"]
