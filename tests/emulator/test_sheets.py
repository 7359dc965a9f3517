"""The Sheets script against the emulators' own `api`: twenty rows, with Google ending it at row 7."""

import time
from pathlib import Path

from tests.emulator.conftest import Inside
from tests.emulator.test_batches import settle
from tests.support.spreadsheet import TICK, Spreadsheet, google
from tools.client import Client

ROWS = 20
LONGEST_S = 300
PROMPTS = [f"poster {number}" for number in range(ROWS)]
BEFORE_ROWS = 6  # writes: the names of five columns, and the hiding of one of them
A_ROW = 2  # its state and its status


def test_twenty_rows_fill_in_and_none_is_made_twice(
    pro: Client, inside: Inside, tmp_path: Path
) -> None:
    with google(tmp_path) as script:
        sheet = Spreadsheet(script)
        key = pro.call("createApiKey", {"name": "sheets", "scopes": ["read", "generate"]})["key"]
        address = f"{pro.addresses.functions_url}/api"
        assert sheet.call("saveSettings", address, key).returned.startswith("Saved.")
        sheet.fill([{"prompt": each} for each in PROMPTS])
        at_row_7 = BEFORE_ROWS + 7 * A_ROW
        stop = {"at": "write", "number": at_row_7, "after": True, "loses": False}
        assert sheet.call("makeRows", stop=stop).was_stopped
        assert [bool(each) for each in sheet.shown("status")] == [row < 7 for row in range(ROWS)]
        lost = {"at": "fetch", "number": 3, "after": True, "loses": True}
        assert sheet.call("makeRows", stop=lost).was_stopped  # the batch is made, the answer lost
        ends_at = time.monotonic() + LONGEST_S
        while sheet.has_trigger and time.monotonic() < ends_at:
            sheet.call(TICK)
            time.sleep(2)
        assert sheet.shown("status") == ["completed"] * ROWS
        assert len(set(sheet.shown("picture", formulas=True))) == ROWS
        assert not sheet.has_trigger
    settle(inside, pro)
    asked = [job.get("wish")["request_data"]["prompt"] for job in inside.jobs_of(pro.uid)]
    assert sorted(asked) == sorted(PROMPTS)
