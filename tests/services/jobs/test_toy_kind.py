"""Adding a kind of job is six files: what it is, its request, its callable, its catalogue entries, its rule,
its indexes. They are changed in a copy of the house, in which one is then asked for, made and paid for."""

import json
from pathlib import Path

import pytest

from tests.support.house import ROOT, Change, Edit, changed_house

FILES_MAX = 6
_INDEXES = json.loads((ROOT / "firestore.indexes.json").read_text(encoding="utf-8"))


def like_those_of_images(part: str) -> str:
    """The indexes of `images` once more, under the other name."""
    found = [each for each in _INDEXES[part] if each["collectionGroup"] == "images"]
    return "".join(f"{json.dumps({**each, 'collectionGroup': 'audios'})}," for each in found)


KIND: Change = {
    "functions/mediaforge/domain/jobs/kinds.py": [
        Edit('    AUDIO = "audio"\n', before="\n    @property\n    def plural"),
        Edit(
            '    JobKind.AUDIO: Traits("generateAudio", wave_type),\n',
            before="    JobKind.TRAINING: Traits(",
        ),
        Edit(
            "def wave_type(head: bytes) -> tuple[str, str] | None:\n"
            '    is_wave = head.startswith(b"RIFF") and head[8:12] == b"WAVE"\n'
            '    return ("wav", "audio/wav") if is_wave else None\n\n\n',
            before="@dataclass",
        ),
    ],
    "functions/mediaforge/contract/requests.py": [
        Edit(
            "class GenerateAudio(SeveralAtOnce):\n"
            '    """`generateAudio`."""\n\n'
            "    makes = JobKind.AUDIO\n"
            '    kind: Literal["audio"] | None = None\n\n\n',
            before="class GenerateVideo(",
        ),
        Edit("GenerateAudio, ", before="GenerateVideo, TrainBrand)"),
    ],
    "functions/main.py": [
        Edit('generateAudio = callables.serve("generateAudio")\n', before="trainBrand = "),
    ],
    "functions/catalogue.toml": [
        Edit('audio = "toy-audio"\n', before='text = "gemini-3.8-flash"'),
        Edit('audio = "toy-audio"\n', before='text = "local-director"'),
        Edit("audio = 0, ", before="video = 0"),
        Edit("audio = 3, ", before="video = 50"),
        Edit('"toy-audio", ', before='"gemini-3-pro-image", "runpod-image"'),
        Edit(
            '[models.toy-audio]\ntitle = "Toy"\nkind = "audio"\nprovider = "toy"\n'
            'queue = "runLocalImage"\nprice_credits = 3\ncount_max = 2\n',
            before="[models.local-image]",
        ),
    ],
    "firestore.rules": [
        Edit("'audios', ", before="'videos', 'trainings']\n"),
        Edit("audios|", before="trainings)/[^/]+')"),
        Edit(
            "'audios', ",
            before="'videos', 'trainings']\n        && (isUser(uid) || isSharedTo",
        ),
        Edit(
            "    match /{path=**}/audios/{jobId} {\n"
            "      allow list: if isMember(resource.data.team_id);\n    }\n",
            before="    match /{path=**}/videos/{jobId} {",
        ),
    ],
    "firestore.indexes.json": [
        Edit(like_those_of_images("indexes"), before='    {\n      "collectionGroup": "images"'),
        Edit(
            like_those_of_images("fieldOverrides"),
            before='    { "collectionGroup": "images", "fieldPath"',
        ),
    ],
}
WHOLE = ("-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider", "tests/unit/test_kinds.py")
FAILED, BROKEN = 1, 2
ON_EMULATORS = {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"}


def test_it_is_no_more_than_six_files() -> None:
    assert len(KIND) <= FILES_MAX


def test_one_is_asked_for_made_shown_counted_and_paid_for(tmp_path: Path) -> None:
    house = changed_house(tmp_path, KIND)
    told = house.told("-m", "tests.support.life_of_a_kind", "audio", **ON_EMULATORS)

    job_id = told["job"]
    files = [f"generating/ann/audio/{job_id}_{n}.wav" for n in (0, 1)]
    assert told["callable"]
    assert told["default"] == "toy-audio"
    assert told["limits"] == {"free": 0, "pro": 3, "studio": None}
    assert told["views"] == [f"generations/ann/audios/{job_id}"]
    assert (told["view"]["status"], told["view"]["paths"]) == ("completed", files)
    assert told["files"] == files
    assert [path_of(url) for url in told["view"]["urls"]] == files
    assert not any(told["view"][name] for name in ("image_urls", "thumbnail_urls", "video_url"))
    assert (told["used"]["audios"], told["used"]["images"], told["charged"]) == (2, 0, 6)
    assert told["refused"] == ["audios of the tier", "audios of the member"]
    assert told["findings"] == 0


def path_of(url: str) -> str:
    """Of the file that an address of the memory adapter opens."""
    return url.partition("?")[0].removeprefix("memory://")


def test_with_the_six_it_has_all_that_a_kind_has(tmp_path: Path) -> None:
    checked = changed_house(tmp_path, KIND).run(*WHOLE)
    assert checked.returncode == 0, checked.stdout[-2000:]


@pytest.mark.parametrize("left_out", KIND)
def test_without_one_of_them_that_is_said(tmp_path: Path, left_out: str) -> None:
    change = {path: edits for path, edits in KIND.items() if path != left_out}
    assert changed_house(tmp_path, change).run(*WHOLE).returncode in (FAILED, BROKEN)
