"""The answer that a language model is asked for as a director. Its JSON is checked like a caller's."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mediaforge.contract.requests import PROMPT_CHARS_MAX, Name, Prompt, Text

TITLE_CHARS_MAX = 120
RATIONALE_CHARS_MAX = 2000


class _Answer(BaseModel):
    # A language model adds a field now and then. That is no reason to ask, and to pay, again.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class ConceptAnswer(_Answer):
    """One idea. `title` and `prompt` are not blank, as a generation requires. Whether `model` has this kind
    and ratio is checked where the catalogue is known."""

    title: Annotated[Name, Field(max_length=TITLE_CHARS_MAX)]
    prompt: Prompt
    negative_prompt: Annotated[Text, Field(max_length=PROMPT_CHARS_MAX)] = ""
    kind: Literal["image", "video"]
    aspect_ratio: str
    model: str


class ConceptSheet(_Answer):
    """The concepts, and a few sentences that say why they were chosen."""

    rationale: Annotated[Text, Field(max_length=RATIONALE_CHARS_MAX)]
    concepts: list[ConceptAnswer]
