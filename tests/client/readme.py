"""The code in the client's README."""

import re

from tools.setup import JS_CLIENT

README = (JS_CLIENT / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What the blocks after the whole app take for granted.
_GIVEN = """\
import type { BatchSubmitted, MediaForge, Submitted } from "@mediaforge/client";
declare const mf: MediaForge;
declare const job: Submitted, other: Submitted, batch: BatchSubmitted;
declare const path: string, otherUid: string, teamId: string;
declare function show(...values: unknown[]): void;
"""


def blocks(language: str) -> list[str]:
    return [code for tag, code in _BLOCK.findall(README) if tag == language]


def typed_blocks() -> str:
    """The blocks in TypeScript, as one module."""
    return "\n".join([_GIVEN, *blocks("ts"), "export {};\n"])
