"""Every command that the pages give is run, or looked at by its own tool, by some test: HELD says by which. A
command of another kind fails here, until a test holds it."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from mediaforge.ops import command as operators
from ops.deploy.__main__ import _parser as deploy_words
from tests.support.gcloud import needs_gcloud, refused
from tests.tools.test_makefile import checkout, make, ran
from tools.setup import ROOT

__all__ = ["checkout"]  # a fixture

PAGES = (
    "README.md",
    "docs/api.md",
    "docs/runbook.md",
    "docs/deploy.md",
    "docs/analytics.md",
    "docs/trainer.md",
)
SHELLS = ("sh", "bash")
SETTING = re.compile(r"[A-Z_]+=")
HERE = "tests/docs/test_commands.py"
# By page or for all pages, a command's first word, and the file of the test that holds it.
HELD: dict[tuple[str, str], str] = {
    ("", "make"): HERE,
    ("", "npx firebase"): HERE,
    ("", "firebase"): HERE,
    ("", "git"): HERE,
    ("", "python"): HERE,
    ("", "gcloud"): HERE,
    ("README.md", "mkdir"): "tests/docs/test_readme.py",
    ("README.md", "cd"): "tests/docs/test_readme.py",
    ("README.md", "npm"): "tests/docs/test_readme.py",
    ("README.md", "node"): "tests/docs/test_readme.py",
    ("docs/api.md", "curl"): "tests/docs/test_api_page.py",
    ("docs/runbook.md", "ops"): "tests/docs/test_runbook.py",
    ("docs/deploy.md", "functions/venv/bin/python"): "tests/docs/test_deploy_page.py",
    ("docs/analytics.md", "sed"): HERE,
    ("docs/analytics.md", "bq"): HERE,
    ("docs/trainer.md", "docker"): HERE,
}
# The program behind a target of make is run by other tests, of which some need the emulators.
RUN_BY = {
    "demo": "tests/tools/test_demo.py",
    "run": "tests/tools/test_serving.py",
    "serve": "tests/tools/test_serving.py",
    "ops": "tests/docs/test_runbook.py",
    "deploy": "tests/deploy/test_deploy.py",
    "deploy-check": "tests/deploy/test_deploy_check.py",
    "setup": "tests/tools/test_setup_steps.py",
    **dict.fromkeys(("help", "test", "check"), "tests/tools/test_makefile.py"),
}
# docs/api.md is run whole, with all that a shell has.
RUN_WHOLE = {"docs/api.md": "tests/docs/test_api_page.py"}
TOOLS = {name for _, name in HELD}


def blocks(page: str) -> list[str]:
    """The page's blocks for a shell."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        token.content
        for token in MarkdownIt().parse(text)
        if token.type == "fence" and token.info in SHELLS
    ]


def in_sentences(page: str) -> list[str]:
    """What stands as code in the page's sentences and begins like a command."""
    text = (ROOT / page).read_text(encoding="utf-8")
    code = [
        child.content
        for token in MarkdownIt().enable("table").parse(text)
        if token.type == "inline"
        for child in token.children or ()
        if child.type == "code_inline"
    ]
    return [each for each in code if " " in each and tool_of(each) in TOOLS]


def split(line: str) -> list[str]:
    """The commands of a line or a block, each with its words as a shell would hand them on."""
    joined = re.sub(r"\\\n|(?<=[|(])\n", " ", line)
    in_quotes = r"""("[^"]*"|'[^']*')"""
    parts = re.split(in_quotes, joined)
    # Only outside of quotes is a bar or a line's end between two commands.
    marked = "".join(
        part if i % 2 else re.sub(r"\s*(?:&&|\||\n)\s*", "\0", part) for i, part in enumerate(parts)
    )
    return [each.strip() for each in marked.split("\0") if each.strip()]


def tool_of(command: str) -> str:
    """What the command calls."""
    words = command.split()
    while words and SETTING.match(words[0]):
        words = words[1:]
    return " ".join(words[:2]) if words[:1] == ["npx"] else (words or [""])[0]


def commands(page: str) -> list[str]:
    in_blocks = [] if page in RUN_WHOLE else [each for b in blocks(page) for each in split(b)]
    return in_blocks + [each for code in in_sentences(page) for each in split(code)]


def called(tool: str) -> list[str]:
    found = [each for page in PAGES for each in commands(page) if tool_of(each) == tool]
    assert found, tool
    return found


@pytest.mark.parametrize("page", PAGES)
def test_each_command_is_held_by_a_test(page: str) -> None:
    found = commands(page)
    assert found
    held = {name for where, name in HELD if where in ("", page)}
    # `ops() { … }` is how the runbook names the operators' command; its test runs that first.
    unheld = [each for each in found if tool_of(each) not in held and not each.startswith("ops()")]
    assert unheld == [], "hold it by a test, and say in HELD by which"


def test_the_tests_that_hold_them_are_there() -> None:
    assert [
        file
        for file in {*HELD.values(), *RUN_WHOLE.values(), *RUN_BY.values()}
        if not (ROOT / file).is_file()
    ] == []


@pytest.mark.parametrize("command", sorted(set(called("make"))))
def test_make_knows_the_target_and_the_program_behind_it_its_words(
    command: str, checkout: Path
) -> None:
    """The Makefile runs, with programs that only say what they are given; what that is their own parsers
    read."""
    words = [each for each in shlex.split(command) if not SETTING.match(each)]
    assert set(words[1:]) <= set(RUN_BY), "run it in a test, and say in RUN_BY in which"
    settings = [each for each in shlex.split(command.partition("make ")[2]) if SETTING.match(each)]
    (checkout / ".local").mkdir()  # as the set-up has made it
    done = make(checkout, *words[1:], *settings, "PYTHON=true")
    assert done.returncode == 0, done.stderr
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for setting in settings:
        assert re.search(rf"\$\((?:value )?{setting.partition('=')[0]}\)", makefile), setting
    for line in ran(done.stdout):
        tool, *given = shlex.split(line)
        if tool == "python" and given[:1] == ["-m"]:
            look_at(given[1], given[2:])


def look_at(module: str, words: Sequence[str]) -> None:
    """Raises where the program would refuse these words."""
    assert importlib.util.find_spec(module) is not None, module
    if module == "ops.deploy" and words:
        asked = deploy_words().parse_args(list(words))
        assert asked.environment in {"staging", "production"}
    if module == "tools.ops":
        where = [] if "--project" in words else ["--project", "my-project"]
        assert operators.main([*where, *words, "--help"]) == 0


def test_a_program_s_words_are_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        look_at("ops.deploy", ["staging", "--nonsense"])
    with pytest.raises(AssertionError):
        look_at("tools.ops", ["nonsense"])
    capsys.readouterr()


@pytest.mark.parametrize("command", sorted(set(called("python"))))
def test_a_module_that_is_called_is_there(command: str) -> None:
    _, option, module, *words = shlex.split(command)
    assert option == "-m"
    look_at(module, words)


@pytest.mark.parametrize("command", sorted({*called("firebase"), *called("npx firebase")}))
def test_firebase_tools_knows_the_command_and_its_options(command: str) -> None:
    name, *words = shlex.split(command.removeprefix("npx "))[1:]
    said, everywhere = firebase(name, "--help"), firebase("--help")
    assert f"firebase {name}" in said
    options = [word.partition("=")[0] for word in words if word.startswith("-")]
    assert [each for each in options if each not in said and each not in everywhere] == []


def firebase(*words: str) -> str:
    tools = ROOT / "node_modules" / "firebase-tools" / "lib" / "bin" / "firebase.js"
    node = shutil.which("node")
    assert node is not None
    return said_by([node, str(tools), *words])


def said_by(command: Sequence[str], **variables: str) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("command", sorted(set(called("git"))))
def test_git_knows_the_command_and_its_options(command: str) -> None:
    _, name, *words = shlex.split(command)
    said = said_by(["git", name, "-h"])
    assert f"usage: git {name}" in said
    assert [word for word in words if word.startswith("--") and word not in said] == []


@needs_gcloud
def test_gcloud_knows_every_command_and_its_options(tmp_path: Path) -> None:
    # gcloud takes no capital letters in a project's id.
    asked = [each.replace("MY_PROJECT", "my-project") for each in called("gcloud")]
    assert refused(asked, tmp_path) == []


@pytest.mark.skipif(shutil.which("bq") is None, reason="bq is not on this machine")
@pytest.mark.parametrize("command", called("bq"))
def test_bq_knows_the_command_and_its_options(command: str, tmp_path: Path) -> None:
    _, name, *words = shlex.split(command)
    said = said_by(["bq", "help", name], CLOUDSDK_CONFIG=str(tmp_path))
    said += said_by(["bq", "--help"], CLOUDSDK_CONFIG=str(tmp_path))
    for word in words:
        option = re.escape(word.partition("=")[0].removeprefix("--"))
        assert re.search(rf"--(?:\[no\])?{option}\b", said), word


def test_the_query_that_bq_gets_is_whole(tmp_path: Path) -> None:
    """The block runs, with a bq that keeps what it is given."""
    (block,) = (each for each in blocks("docs/analytics.md") if "bq query" in each)
    keeps = 'bq() { printf "%s\\n" "$@" > "$KEPT/words"; cat > "$KEPT/query"; }'
    said = said_by(
        ["/bin/bash", "-eu", "-o", "pipefail", "-c", f"{keeps}\n{block}"], KEPT=str(tmp_path)
    )
    assert said == ""
    query = (tmp_path / "query").read_text(encoding="utf-8")
    words = (tmp_path / "words").read_text(encoding="utf-8").splitlines()
    given = {word.split("=")[1].split(":")[0] for word in words if word.startswith("--parameter=")}
    assert "MY_PROJECT" in query
    assert "${" not in query
    assert set(re.findall(r"@(\w+)", re.sub(r"--.*", "", query))) == given


def test_the_trainer_s_image_is_built_pushed_and_set_under_one_address() -> None:
    build, push = (shlex.split(each) for each in called("docker"))
    address = push[-1]
    assert (build[1], push[1], build[-1]) == ("build", "push", ".")
    assert build[build.index("-t") + 1] == address
    assert (ROOT / build[build.index("-f") + 1]).is_file()
    page = (ROOT / "docs" / "trainer.md").read_text(encoding="utf-8")
    assert f"TRAINING_IMAGE={address}\n" in page
    host, project, repository = address.split("/")[:3]
    assert f"docker {host}\n" in page
    assert f"repositories create {repository} " in page
    assert f" --project {project}\n" in page
