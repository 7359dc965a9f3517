"""The studio has a sentence for every code that a failed job can have, and none for a code that is not there.

(That every reason of a refusal has one, `web/words/en.test.ts` holds, from the contract's types.)
"""

import ast
import re
from collections.abc import Iterator

from tools.setup import ROOT, STUDIO

# What a direction fails with is said by the answer to its call, not by a job.
LEFT_OUT = {"director.py"}
CODE = re.compile(r"[a-z]+(-[a-z]+)*")
SENTENCE = re.compile(r"[A-Z].*\.", re.S)
MADE_BY = re.compile(
    r"(Rejected|NotAllowed|FileRefused|Throttled|Unavailable|NothingMade|Lost|_Ended|Job)Error"
)
SOURCES = [
    path
    for path in sorted((ROOT / "functions" / "mediaforge").rglob("*.py"))
    if path.name not in LEFT_OUT
]


def codes_in(tree: ast.AST) -> Iterator[str]:
    """What errors of jobs are made of: their first argument, a pair, or a row of a table of sentences."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(name), args=[ast.Constant(str(code)), *_]) if (
                MADE_BY.fullmatch(name)
            ):
                yield code
            case ast.Tuple(elts=[ast.Constant(str(code)), ast.Constant(str(says))]):
                if CODE.fullmatch(code) and SENTENCE.fullmatch(says):
                    yield code
            case ast.Assign(targets=[ast.Name("_WORDS")], value=ast.Dict(keys=keys)):
                yield from (str(key.value) for key in keys if isinstance(key, ast.Constant))


def test_every_code_of_a_failed_job_has_its_sentence() -> None:
    codes = {
        code for path in SOURCES for code in codes_in(ast.parse(path.read_text(encoding="utf-8")))
    }
    table = re.search(
        r"^const failures:.*?= \{$(.*?)^\};",
        (STUDIO / "words" / "failures.ts").read_text(),
        re.M | re.S,
    )
    assert table
    said = set(re.findall(r'^  "?([a-z-]+)"?:', table[1], re.M))
    assert len(codes) > 40
    assert said == codes
