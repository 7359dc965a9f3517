"""Which paths a generated picture has, and which of them a view delivers: the cases of the Storage rule."""

import pytest

from mediaforge.domain.library.generated import GeneratedName, is_delivered, read_path, team_of
from tests.rules.delivery_cases import CASES, Case

# What the rule lets its user read and no request takes: it is no picture, or a small one.
SEEN_ONLY = ("thumbnail", "film", "of-a-kind-that-no-rule-names")
ASKED = [case for case in CASES if case.uid == case.path.split("/")[1]]


@pytest.mark.parametrize("case", ASKED, ids=str)
def test_what_its_user_may_read_may_be_used(case: Case) -> None:
    name = read_path(case.path)
    view = case.views.get(f"generations/{name.uid}/images/{name.job_id}") if name else None
    may_use = view is not None and is_delivered(view, case.path)
    assert may_use == (case.is_allowed and not any(word in case.name for word in SEEN_ONLY))


def test_a_path_names_its_user_and_its_job() -> None:
    assert read_path("generating/ann/image/0f.png") == GeneratedName("ann", "0f")
    assert read_path("generating/ann/image/0f_3.WEBP") == GeneratedName("ann", "0f")


@pytest.mark.parametrize(
    "path",
    [
        "references/ann/a.png",
        "generating/ann/video/0f.mp4",
        "generating/ann/image/0f.gif",
        "generating/ann/image/0f_0_thumb.webp",
        "generating/ann/image/../bob/0f.png",
        "generating/ann/image/_0.png",
        "generating/ann/image/.png",
        "generating/../image/0f.png",
        "generating/__ann__/image/0f.png",
        "generating//image/0f.png",
        "generating/a\nb/image/0f.png",
        "generating/ann/image/0f.png\n",
        f"generating/{'ö' * 600}/image/0f.png",
        "/generating/ann/image/0f.png",
    ],
)
def test_no_other_path_is_one_of_a_generated_picture(path: str) -> None:
    assert read_path(path) is None


@pytest.mark.parametrize("team_id", [None, "", 7, "a/b", ["t"]])
def test_what_names_no_team_opens_to_no_member(team_id: object) -> None:
    assert team_of({"team_id": team_id}) is None
    assert team_of({"team_id": "t"}) == "t"
