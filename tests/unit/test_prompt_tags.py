"""Test hooks in a prompt: each is read, and what only looks like one stays part of the prompt."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mediaforge.domain.jobs.prompt_tags import PromptTags, has_tags, read_tags, without_tags

TAGS = {
    "[[sleep:2.5]]": PromptTags(sleep_s=2.5),
    "[[sleep:30]]": PromptTags(sleep_s=30.0),
    "[[fail:permanent]]": PromptTags(fails_permanently=True),
    "[[fail:transient:2]]": PromptTags(fail_times=2),
    "[[fail:always]]": PromptTags(fails_always=True),
    "[[throttle:3]]": PromptTags(throttle_times=3),
    "[[crash:before-save]]": PromptTags(crash="before-save"),
    "[[crash:after-save]]": PromptTags(crash="after-save"),
    "[[blocked]]": PromptTags(is_blocked=True),
    "[[partial:1]]": PromptTags(partial=1),
}
NOT_TAGS = [
    "[[sleep]]",
    "[[sleep:soon]]",
    "[[sleep:-1]]",
    "[[sleep:9999]]",
    "[[fail]]",
    "[[fail:transient]]",
    "[[fail:sometimes]]",
    "[[crash:now]]",
    "[[BLOCKED]]",
    "[[ blocked ]]",
    "[blocked]",
    "[[partial:12]]",
    "[[a reed hut]]",
]


@pytest.mark.parametrize("tag", TAGS)
def test_each_tag_of_the_contract_is_read(tag: str) -> None:
    assert read_tags(f"a {tag} lighthouse") == TAGS[tag]


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_is_no_part_of_what_is_painted(tag: str) -> None:
    assert has_tags(f"a {tag} lighthouse")
    assert without_tags(f"a {tag} lighthouse") == "a lighthouse"


@pytest.mark.parametrize("text", NOT_TAGS)
def test_what_only_looks_like_a_tag_stays_in_the_prompt(text: str) -> None:
    assert not has_tags(text)
    assert read_tags(text) == PromptTags()
    assert without_tags(f"a {text} lighthouse") == f"a {text} lighthouse"


def test_several_tags_work_together() -> None:
    tags = read_tags("[[throttle:1]] a lighthouse [[fail:transient:2]][[partial:3]]")
    assert tags == PromptTags(throttle_times=1, fail_times=2, partial=3)


@given(st.text())
def test_a_prompt_without_tags_loses_only_spare_space(prompt: str) -> None:
    assume(not has_tags(prompt))
    assert without_tags(prompt) == " ".join(prompt.split())


@given(st.lists(st.sampled_from([*TAGS, *NOT_TAGS, "a", "lighthouse"])))
def test_a_prompt_has_tags_exactly_when_something_of_it_is_one(parts: list[str]) -> None:
    prompt = " ".join(parts)
    assert has_tags(prompt) == any(part in TAGS for part in parts)
    assert without_tags(prompt) == " ".join(part for part in parts if part not in TAGS)
