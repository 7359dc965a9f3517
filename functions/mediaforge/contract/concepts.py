"""What a language model is asked to answer when it directs. Its JSON is checked like a caller's."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mediaforge.contract.requests import PROMPT_CHARS_MAX, Name, Prompt, Text

TITLE_CHARS_MAX = 120
RATIONALE_CHARS_MAX = 2000


class _Answer(BaseModel):
    # A model adds a field now and then, which is no reason to ask, and pay, again.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class ConceptAnswer(_Answer):
    """One idea. Whether its model has this kind and ratio is for whoever knows the models. Its `title`
    and `prompt` are what a generation takes: neither is blank."""

    title: Annotated[Name, Field(max_length=TITLE_CHARS_MAX)]
    prompt: Prompt
    negative_prompt: Annotated[Text, Field(max_length=PROMPT_CHARS_MAX)] = ""
    kind: Literal["image", "video"]
    aspect_ratio: str
    model: str


class ConceptSheet(_Answer):
    """The concepts, and in a few sentences why these."""

    rationale: Annotated[Text, Field(max_length=RATIONALE_CHARS_MAX)]
    concepts: list[ConceptAnswer]
