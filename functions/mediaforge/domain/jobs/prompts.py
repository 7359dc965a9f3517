"""The words of a prompt for a model that has no fields for what else is asked for: it is said in sentences
behind the prompt. Pure."""

from collections.abc import Iterator, Sequence


def whole_prompt(
    prompt: str,
    style: str = "",
    left_out: str = "",
    modes: Sequence[str] = (),
    *,
    edits: bool = False,
) -> str:
    """The prompt with the words of its style, what the result must not show, and what each reference is for,
    by its mode. Where a picture is edited, that is the first picture, and the references are behind it."""
    return "\n".join(_lines(prompt, style, left_out, modes, 2 if edits else 1))


def _lines(
    prompt: str, style: str, left_out: str, modes: Sequence[str], first: int
) -> Iterator[str]:
    yield prompt
    if style:
        yield f"Style: {style}."
    if left_out:
        yield f"Leave out: {left_out}."
    for number, mode in enumerate(modes, start=first):
        yield _use_of(number, mode)


def _use_of(number: int, mode: str) -> str:
    if mode == "style_and_composition":
        return f"Follow both the style and the composition of image {number}."
    return f"Take only the style of image {number}, and neither its subjects nor its composition."
