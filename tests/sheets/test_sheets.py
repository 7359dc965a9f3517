"""What a user of the spreadsheet sees: rows become batches, and fill in by themselves."""

import json
import re
from typing import Any

import pytest

from mediaforge.domain.jobs.job import Job
from tests.sheets.conftest import WEB, Served
from tests.support.spreadsheet import TICK, Spreadsheet
from tests.support.world import ANN, World, user
from tools.setup import CLIENT_SHEETS

FUNCTION = re.compile(r"^function (\w+)\(", re.MULTILINE)


def posters(number: int) -> list[dict[str, str]]:
    return [{"prompt": f"poster {index}"} for index in range(number)]


def prompts(world: World) -> list[str]:
    return sorted(job.wanted["prompt"] for job in world.jobs())


def image(address: str) -> str:
    return f'=IMAGE("{address.replace("memory://", WEB)}")'


def link(address: str) -> str:
    return f'=HYPERLINK("{address.replace("memory://", WEB)}")'


def reasons(spreadsheet: Spreadsheet) -> list[str]:
    return spreadsheet.shown("reason")


def test_rows_become_a_batch_and_fill_in_by_themselves(
    served: Served, spreadsheet: Spreadsheet
) -> None:
    spreadsheet.fill(
        [
            {"prompt": "a fox", "ratio": "16:9", "count": "2", "model": "", "references": ""},
            {"prompt": "a hare", "model": "local-image"},
            {"prompt": "[[blocked]]"},
            {"prompt": ""},
        ]
    )
    sent = spreadsheet.call("makeRows")
    assert sent.fetches == [
        *("get /v1/account", "get /v1/models", "post /v1/batches"),
        f"get /v1/batches/{served.world.batches()[0].id}/rows",
    ]
    assert sent.toasts == ["Rows under way: 3."]
    assert spreadsheet.shown("status") == ["queued"] * 3
    assert spreadsheet.has_trigger
    served.world.run_until_quiet()
    spreadsheet.call(TICK)
    assert spreadsheet.shown("status") == ["completed", "completed", "failed"]
    fox, hare, _ = served.world.batch_rows(served.world.batches()[0].id)
    assert (fox.request_data["aspectRatio"], fox.request_data["count"]) == ("16:9", 2)
    assert fox.generation_data is not None
    assert hare.generation_data is not None
    made, other = fox.generation_data, hare.generation_data
    pictures = [image(made.thumbnail_urls[0]), image(other.thumbnail_urls[0]), ""]
    assert spreadsheet.shown("picture", formulas=True) == pictures
    links = [link(made.image_urls[0]), link(other.image_urls[0]), ""]
    assert spreadsheet.shown("link", formulas=True) == links
    assert spreadsheet.shown("picture 2", formulas=True)[0] == image(made.thumbnail_urls[1])
    assert reasons(spreadsheet)[:2] == ["", ""]
    assert reasons(spreadsheet)[2]
    assert spreadsheet.sheet["colours"][f"4,{spreadsheet.names['status']}"] == "#f4cccc"
    assert not spreadsheet.has_trigger
    served.world.assert_promises()


def test_an_empty_sheet_is_prepared_and_its_state_hidden(spreadsheet: Spreadsheet) -> None:
    spreadsheet.call("prepareSheet")
    names = "prompt model ratio count references status reason picture link mediaforge"
    assert list(spreadsheet.names) == names.split()
    assert spreadsheet.sheet["hidden"] == [10]
    assert spreadsheet.sheet["columns"] == 10  # one more than there were


def test_a_sheet_of_something_else_is_left_alone(spreadsheet: Spreadsheet) -> None:
    spreadsheet.fill([{"name": "Ann", "born": "1990"}])
    before = spreadsheet.sheet
    said = spreadsheet.call("makeRows").toasts
    assert said[0].startswith("No column is called “prompt”")
    assert spreadsheet.sheet == before


@pytest.mark.parametrize(
    "shown", ["16:9", "16:09:00", "16:09", "4:09:00 PM".replace(":00", ""), "16:9 "]
)
def test_a_ratio_that_was_taken_for_a_time_is_a_ratio(
    shown: str, served: Served, spreadsheet: Spreadsheet
) -> None:
    spreadsheet.fill([{"prompt": "x", "ratio": shown}])
    spreadsheet.call("makeRows")
    assert spreadsheet.states()[0]["request"]["aspectRatio"] == "16:9"
    assert spreadsheet.shown("status") == ["queued"]


def test_a_model_says_what_its_row_makes(served: Served, spreadsheet: Spreadsheet) -> None:
    spreadsheet.fill([{"prompt": "x", "model": "local-video", "count": "1"}])
    spreadsheet.call("makeRows")
    (row,) = served.world.batch_rows(served.world.batches()[0].id)
    assert row.kind.value == "video"
    made = {"thumbnailUrls": ["https://x.y/t"], "imageUrls": [], "videoUrl": "https://x.y/v"}
    shown = {"requestData": dict(row.request_data), "status": "completed", "generationData": made}
    served.instead(200, {"items": [shown]})
    spreadsheet.call(TICK)
    assert spreadsheet.shown("picture", formulas=True) == ['=IMAGE("https://x.y/t")']
    assert spreadsheet.shown("link", formulas=True) == ['=HYPERLINK("https://x.y/v")']


def test_references_have_a_mode_of_their_own(served: Served, spreadsheet: Spreadsheet) -> None:
    spreadsheet.fill([{"prompt": "x", "references": "a.png, b.png | style_and_composition\n"}])
    spreadsheet.call("makeRows")
    sent = json.loads(next(r for r in served.asked if r.method == "POST").body)["rows"][0]
    assert sent["references"] == [
        {"path": "a.png", "mode": "style_only"},
        {"path": "b.png", "mode": "style_and_composition"},
    ]
    assert spreadsheet.shown("status") == ["not sent"]
    assert reasons(spreadsheet)[0].startswith("references[0].path ")


# ---- refusals --------------------------------------------------------------------------------------


def test_a_refused_batch_marks_exactly_the_wrong_rows_and_is_made_once_they_are_right(
    served: Served, spreadsheet: Spreadsheet
) -> None:
    rows = posters(5)
    rows[1] |= {"count": "9", "ratio": "17:3"}
    rows[3] |= {"count": "many"}
    spreadsheet.fill([{"prompt": "", "count": "", "ratio": ""}, *rows])
    spreadsheet.call("makeRows")
    assert spreadsheet.shown("status") == ["", *["not sent"] * 5]
    said = reasons(spreadsheet)
    assert "count Input should be less than or equal to 4" in said[2] or "count " in said[2]
    assert said[4].startswith("count ")
    others = {said[index] for index in (1, 3, 5)}
    assert others == {"Other rows of its batch have to be corrected first."}
    assert served.world.batches() == []
    assert not spreadsheet.has_trigger
    spreadsheet.fill([{"count": "2", "ratio": "1:1"}], first=4)
    spreadsheet.fill([{"count": "1"}], first=6)
    spreadsheet.call("makeRows")
    served.world.run_until_quiet()
    spreadsheet.call(TICK)
    assert spreadsheet.shown("status") == ["", *["completed"] * 5]
    assert prompts(served.world) == sorted(row["prompt"] for row in rows)


def test_a_model_of_another_tier_is_told_at_its_row(
    served: Served, spreadsheet: Spreadsheet
) -> None:
    served.world.set_tier("free")
    spreadsheet.fill([{"prompt": "x", "model": ""}, {"prompt": "y", "model": "local-video"}])
    spreadsheet.call("makeRows")
    assert spreadsheet.shown("status") == ["not sent"] * 2
    assert "local-video is not part of the tier Free" in reasons(spreadsheet)[1]
    assert reasons(spreadsheet)[0] == "Other rows of its batch have to be corrected first."


def test_without_credits_nothing_is_sent_and_all_rows_say_so(
    served: Served, spreadsheet: Spreadsheet
) -> None:
    spreadsheet.fill([{"prompt": f"x {index}", "count": "4"} for index in range(120)])
    run = spreadsheet.call("makeRows")
    assert run.fetches.count("post /v1/batches") == 1
    assert set(reasons(spreadsheet)) == {"This needs 800 credits and 100 are available."}
    assert set(spreadsheet.shown("status")) == {"not sent"}
    assert not spreadsheet.has_trigger


@pytest.mark.parametrize("status", [429, 503, 500, 502])
def test_who_is_told_to_wait_waits_and_sends_the_same(
    status: int, served: Served, spreadsheet: Spreadsheet
) -> None:
    spreadsheet.fill(posters(3))
    problem = {
        "status": status,
        "reason": "rate-limited" if status == 429 else "busy",
        "detail": "Busy.",
    }
    served.instead(status, problem if status != 502 else "a page", after=2, Retry_After="90")
    spreadsheet.call("makeRows")
    assert spreadsheet.shown("status") == ["waiting"] * 3
    assert "It is sent again by itself." in reasons(spreadsheet)[0]
    assert spreadsheet.has_trigger
    assert spreadsheet.call(TICK).fetches == []
    assert spreadsheet.has_trigger
    spreadsheet.now_ms += 91_000
    assert spreadsheet.call(TICK).fetches[0] == "post /v1/batches"
    assert spreadsheet.shown("status") == ["queued"] * 3
    assert reasons(spreadsheet) == [""] * 3
    keys = {r.idempotency_key for r in served.asked if r.method == "POST"}
    assert len(keys) == 1


def test_a_key_that_is_refused_waits_for_another_and_goes_on(
    served: Served, spreadsheet: Spreadsheet
) -> None:
    spreadsheet.fill(posters(3))
    words = "The API key is not valid, has expired, or was revoked."
    served.instead(401, {"status": 401, "reason": "unauthenticated", "detail": words}, after=2)
    spreadsheet.call("makeRows")
    assert reasons(spreadsheet)[0].startswith(words)
    assert spreadsheet.shown("status") == ["waiting"] * 3
    assert not spreadsheet.has_trigger  # a wrong key is not tried every minute
    spreadsheet.call("saveSettings", served.address, served.key())
    assert spreadsheet.has_trigger
    spreadsheet.call(TICK)
    assert spreadsheet.shown("status") == ["queued"] * 3
    assert len(served.world.batches()) == 1


def test_a_key_without_the_scope_makes_nothing(served: Served, spreadsheet: Spreadsheet) -> None:
    spreadsheet.call("saveSettings", served.address, served.key(scopes=["read"]))
    spreadsheet.fill(posters(1))
    spreadsheet.call("makeRows")
    assert "generate" in reasons(spreadsheet)[0]
    assert (spreadsheet.shown("status"), spreadsheet.has_trigger) == (["waiting"], False)


def test_a_server_that_is_gone_is_waited_for(served: Served, spreadsheet: Spreadsheet) -> None:
    spreadsheet.fill(posters(1))
    spreadsheet.call("makeRows")
    settings = json.loads(spreadsheet.book["properties"]["settings"])
    gone = settings | {"address": "http://127.0.0.1:9"}
    spreadsheet.change(properties={"settings": json.dumps(gone)})
    run = spreadsheet.call("updateNow")
    assert run.toasts == ["http://127.0.0.1:9 does not answer. Rows under way: 1."]
    assert (spreadsheet.shown("status"), spreadsheet.has_trigger) == (["queued"], True)


# ---- settings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["", "ftp://x.y", "http://example.com", "https://", "https://u@x.y", "https://x.y?a"]
)
def test_an_address_that_would_show_the_key_is_refused(
    address: str, spreadsheet: Spreadsheet
) -> None:
    before = spreadsheet.book["properties"]
    run = spreadsheet.call("saveSettings", address, "mf_live_x")
    assert run.returned.startswith("The address has to begin with https://")
    assert (run.fetches, spreadsheet.book["properties"]) == ([], before)


def test_a_wrong_key_is_not_saved_and_a_known_one_is_not_shown(
    served: Served, spreadsheet: Spreadsheet
) -> None:
    before = spreadsheet.book["properties"]
    said = spreadsheet.call("saveSettings", served.address, "mf_live_wrong").returned
    assert said.startswith("Not saved. The API key is not valid, has expired, or was revoked.")
    assert spreadsheet.book["properties"] == before
    shown = spreadsheet.call("shownSettings").returned
    assert shown == {"address": served.address, "hasKey": True}
    assert spreadsheet.call("saveSettings", served.address + "/", "").returned.startswith("Saved.")
    other = served.address.replace("127.0.0.1", "localhost")
    assert spreadsheet.call("saveSettings", other, "").returned == "Enter a key."
    spreadsheet.call("forgetSettings")
    assert spreadsheet.book["properties"] == {}


def test_no_cell_shows_the_key(spreadsheet: Spreadsheet) -> None:
    """A cell may call every function whose name does not end with _, and to it the properties of the
    spreadsheet's owner are open, whoever writes the cell."""
    key = json.loads(spreadsheet.book["properties"]["settings"])["key"]
    source = "".join(each.read_text() for each in (CLIENT_SHEETS / "src").glob("*.ts"))
    names = [name for name in FUNCTION.findall(source) if not name.endswith("_")]
    assert "shownSettings" in names
    for name in names:
        asked = {"book": spreadsheet.book, "call": name, "args": [], "now": 0, "pace": 0}
        assert key not in json.dumps(spreadsheet.google.run(asked)["returned"]), name


def test_the_menu_calls_functions_that_exist_and_without_a_key_opens_the_sidebar(
    spreadsheet: Spreadsheet,
) -> None:
    menu = spreadsheet.call("onOpen").menu
    assert len(menu) == 5
    spreadsheet.change(properties={})
    for _, function in menu:
        run = spreadsheet.call(function)
        if function != "prepareSheet":
            assert run.sidebar is not None
            assert run.sidebar["name"] == "sidebar"
        assert run.fetches == []
    spreadsheet.change(triggers=[TICK])
    spreadsheet.call(TICK)
    assert not spreadsheet.has_trigger


# ---- what stands in cells --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hostile", ["=1+1", "+1", "-1", "@x", "\t=1", "'quoted", '=IMAGE("http://x")']
)
def test_no_text_becomes_a_formula(hostile: str, served: Served, spreadsheet: Spreadsheet) -> None:
    spreadsheet.fill(posters(1))
    spreadsheet.call("makeRows")
    title = spreadsheet.states()[0]["id"]
    row = {
        "requestData": {"title": title},
        "status": hostile,
        "error": {"message": hostile},
        "generationData": {"thumbnailUrls": [hostile], "imageUrls": [hostile]},
    }
    served.instead(200, {"items": [row]})
    spreadsheet.call(TICK)
    assert (spreadsheet.shown("status"), reasons(spreadsheet)) == ([hostile], [hostile])
    served.instead(200, {"items": [row | {"status": "completed"}]})
    spreadsheet.call(TICK)
    formulas = [cell for cell in spreadsheet.sheet["cells"].values() if cell.get("formula")]
    assert formulas == []


def test_quotes_in_an_address_stay_in_the_address(served: Served, spreadsheet: Spreadsheet) -> None:
    spreadsheet.fill(posters(1))
    spreadsheet.call("makeRows")
    address = 'https://x.y/"&HYPERLINK("z")&"'
    made = {"thumbnailUrls": [address], "imageUrls": ["javascript:alert(1)"]}
    title = spreadsheet.states()[0]["id"]
    row = {"requestData": {"title": title}, "status": "completed", "generationData": made}
    served.instead(200, {"items": [row]})
    spreadsheet.call(TICK)
    doubled = address.replace('"', '""')
    assert spreadsheet.shown("picture", formulas=True) == [f'=IMAGE("{doubled}")']
    assert spreadsheet.shown("link", formulas=True) == [""]


# ---- rows that their user changes ------------------------------------------------------------------


def test_a_row_that_was_changed_says_so_and_is_made_anew_only_when_asked(
    served: Served, spreadsheet: Spreadsheet
) -> None:
    spreadsheet.fill(posters(3))
    spreadsheet.call("makeRows")
    spreadsheet.fill([{"prompt": "another"}], first=3)
    served.world.run_until_quiet()
    spreadsheet.call("makeRows")
    assert spreadsheet.shown("status") == ["completed"] * 3
    assert [bool(reason) for reason in reasons(spreadsheet)] == [False, True, False]
    assert prompts(served.world) == ["poster 0", "poster 1", "poster 2"]
    spreadsheet.change(selected=[[3, 1]])
    spreadsheet.call("makeSelectedRowsAnew")
    assert spreadsheet.shown("status") == ["completed", "queued", "completed"]
    assert spreadsheet.shown("picture", formulas=True)[1] == ""
    served.world.run_until_quiet()
    spreadsheet.call(TICK)
    assert spreadsheet.shown("status") == ["completed"] * 3
    assert prompts(served.world) == ["another", "poster 0", "poster 1", "poster 2"]


def test_a_row_that_may_have_been_sent_is_not_made_anew(
    served: Served, spreadsheet: Spreadsheet
) -> None:
    spreadsheet.fill(posters(2))
    spreadsheet.call("makeRows", stop={"at": "fetch", "number": 3, "after": True, "loses": True})
    spreadsheet.change(selected=[[2, 2]])
    said = spreadsheet.call("makeSelectedRowsAnew").toasts
    assert said == ["Rows 2, 3 are being sent. Choose “Update now”, and then try again."]
    assert len(served.world.batches()) == 1


def test_a_hidden_cell_that_somebody_changed_is_not_sent(
    served: Served, spreadsheet: Spreadsheet
) -> None:
    spreadsheet.call("prepareSheet")
    spreadsheet.fill([{"prompt": "x", "mediaforge": "{broken"}])
    spreadsheet.call("makeRows")
    assert spreadsheet.shown("status") == ["not sent"]
    assert served.world.batches() == []
    spreadsheet.change(selected=[[2, 1]])
    spreadsheet.call("makeSelectedRowsAnew")
    assert spreadsheet.shown("status") == ["queued"]


def test_a_row_retried_elsewhere_is_shown_when_its_user_asks(
    served: Served, spreadsheet: Spreadsheet
) -> None:
    spreadsheet.fill([{"prompt": "[[blocked]]"}])
    spreadsheet.call("makeRows")
    served.world.run_until_quiet()
    spreadsheet.call(TICK)
    assert not spreadsheet.has_trigger
    served.world.control_batch(served.world.batches()[0].id, "retryFailed")
    spreadsheet.call("updateNow")
    assert (spreadsheet.shown("status"), reasons(spreadsheet)) == (["queued"], [""])
    assert spreadsheet.has_trigger
    served.world.run_until_quiet()
    spreadsheet.call(TICK)
    assert spreadsheet.shown("status") == ["failed"]


def test_a_batch_that_is_gone_ends_its_rows(served: Served, spreadsheet: Spreadsheet) -> None:
    spreadsheet.fill(posters(1))
    spreadsheet.call("makeRows")
    state = spreadsheet.states()[0] | {"batch": "nowhere"}
    spreadsheet.fill([{"mediaforge": json.dumps(state)}])
    spreadsheet.call(TICK)
    assert spreadsheet.shown("status") == ["failed"]
    assert reasons(spreadsheet) == ["Its batch, or its row there, is gone."]
    assert not spreadsheet.has_trigger


# ---- several users ---------------------------------------------------------------------------------


def test_what_another_account_has_begun_is_left_to_it(
    served: Served, spreadsheet: Spreadsheet
) -> None:
    spreadsheet.fill(posters(2))
    spreadsheet.call("makeRows", stop={"at": "fetch", "number": 3, "after": True, "loses": True})
    anns = spreadsheet.book
    bob = served.key(user("bob"))
    spreadsheet.change(properties={}, triggers=[])
    spreadsheet.call("saveSettings", served.address, bob)
    assert "post /v1/batches" not in spreadsheet.call("makeRows").fetches
    assert "Somebody else" in reasons(spreadsheet)[0]
    assert not spreadsheet.has_trigger
    spreadsheet.change(properties=anns["properties"], triggers=anns["triggers"])
    spreadsheet.call(TICK)
    assert spreadsheet.shown("status") == ["queued"] * 2
    assert len(served.world.batches()) == 1


def test_another_run_is_waited_for(spreadsheet: Spreadsheet) -> None:
    spreadsheet.fill(posters(1))
    run = spreadsheet.call("makeRows", isLocked=True)
    assert run.toasts == ["MediaForge is at work in this spreadsheet. Try again in a moment."]
    assert (run.fetches, run.writes) == ([], 0)


def test_a_key_of_a_team_spends_for_the_team(served: Served, spreadsheet: Spreadsheet) -> None:
    team_id = served.world.found_team()
    spreadsheet.call("saveSettings", served.address, served.key(ANN, teamId=team_id))
    spreadsheet.fill(posters(1))
    spreadsheet.call("makeRows")
    jobs_of: list[Any] = [batch.account_id for batch in served.world.batches()]
    assert jobs_of == [f"team_{team_id}"]
    served.world.run_until_quiet()
    spreadsheet.call(TICK)
    jobs: list[Job] = served.world.jobs()
    assert ([job.team_id for job in jobs], spreadsheet.shown("status")) == (
        [team_id],
        ["completed"],
    )
