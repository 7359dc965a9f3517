"""What the tokens of a job's files are made of, and the steps of a turn."""

from dataclasses import replace

from mediaforge.domain.jobs import addresses
from mediaforge.domain.jobs.addresses import file_token
from mediaforge.domain.jobs.job import Output
from tests.unit.test_accounts import NOON
from tests.unit.test_documents import EXAMPLE

OUTPUT = Output(("a.png",), ("new",), ("new thumb",), "m", "p", 1)


def test_each_file_has_a_token_of_its_own_and_another_one_after_each_turn() -> None:
    turned = addresses.with_next_tokens(EXAMPLE)
    again = addresses.with_next_tokens(turned)
    tokens = [file_token(job, path) for job in (EXAMPLE, turned, again) for path in ("a", "b")]
    assert len(set(tokens)) == 6
    assert {len(token) for token in tokens} == {32}


def test_whoever_turns_the_same_job_comes_to_the_same_tokens() -> None:
    elsewhere = replace(EXAMPLE, attempts=3, settled_at=NOON)
    first, second = map(addresses.with_next_tokens, (EXAMPLE, elsewhere))
    assert file_token(first, "a") == file_token(second, "a")


def test_a_turn_is_over_when_it_is_noted_and_not_when_it_is_shown() -> None:
    assert addresses.is_turned(EXAMPLE, 0)
    assert not addresses.is_turned(EXAMPLE, 1)
    shown = addresses.show(EXAMPLE, OUTPUT, 1, NOON)
    assert (shown.output, shown.modified) == (OUTPUT, NOON)
    assert not addresses.is_turned(shown, 0)
    noted = addresses.note(shown, 1)
    assert addresses.is_turned(noted, 1)
    assert noted.asset_token == shown.asset_token != EXAMPLE.asset_token


def test_each_step_is_seen_and_nothing_else_is_a_step() -> None:
    shown = addresses.show(EXAMPLE, OUTPUT, 1, NOON)
    steps = [EXAMPLE, shown, addresses.note(shown, 1)]
    assert [addresses.is_as_it_was(a, b) for a in steps for b in steps] == [
        a is b for a in steps for b in steps
    ]
    assert addresses.is_as_it_was(replace(EXAMPLE, settled_at=NOON), EXAMPLE)
