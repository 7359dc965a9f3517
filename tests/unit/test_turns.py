"""Calls that would do the same work at the same moment do it together, and none too early."""

import threading
from collections.abc import Callable

import pytest

from mediaforge.entrypoints.turns import SharedTurns, Turns

WAIT_S = 10


class Work:
    """Work that notes when it begins and goes on when it is told to."""

    def __init__(self) -> None:
        self.passes = 0
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)

    def __call__(self) -> None:
        self.passes += 1
        self.begun.release()
        assert self.may_end.acquire(timeout=WAIT_S)


def call(turns: SharedTurns, key: str, work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=turns.share, args=(key, work))
    thread.start()
    return thread


def wait_for_followers(turns: SharedTurns, key: str) -> None:
    """Until a next pass is being waited for."""
    while key not in turns._next:
        threading.Event().wait(0.001)


def join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(WAIT_S)
        assert not thread.is_alive()


def test_who_comes_during_a_pass_shares_the_next_one() -> None:
    turns, work = SharedTurns(), Work()
    first = call(turns, "a", work)
    assert work.begun.acquire(timeout=WAIT_S)
    later = [call(turns, "a", work) for _ in range(8)]
    wait_for_followers(turns, "a")
    work.may_end.release()
    join([first])
    assert work.begun.acquire(timeout=WAIT_S)
    work.may_end.release(8)
    join(later)
    # A thread that was slow to come may have led a pass of its own; never one each.
    assert 2 <= work.passes < 9


def test_nobody_is_answered_by_a_pass_that_began_before_they_came() -> None:
    turns, work = SharedTurns(), Work()
    first = call(turns, "a", work)
    assert work.begun.acquire(timeout=WAIT_S)
    second = call(turns, "a", work)
    wait_for_followers(turns, "a")
    work.may_end.release()
    join([first])
    assert second.is_alive()
    work.may_end.release()
    join([second])
    assert work.passes == 2


def test_one_is_alone_at_a_key_at_a_time() -> None:
    turns, inside, most = Turns(), [0], [0]

    def enter() -> None:
        for _ in range(50):
            with turns.alone("a"):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                threading.Event().wait(0.0001)
                inside[0] -= 1

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    join(threads)
    assert most == [1]


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="no"), turns.alone("a"):
        raise ValueError("no")
    with turns.alone("a"):
        pass


def test_other_keys_do_not_wait() -> None:
    turns, work = SharedTurns(), Work()
    slow = call(turns, "a", work)
    assert work.begun.acquire(timeout=WAIT_S)
    turns.share("b", lambda: None)
    work.may_end.release()
    join([slow])


def test_what_a_pass_raises_is_raised_to_all_who_shared_it_and_to_nobody_else() -> None:
    turns, work = SharedTurns(), Work()
    first = call(turns, "a", work)
    assert work.begun.acquire(timeout=WAIT_S)
    errors: list[Exception] = []

    def fail() -> None:
        raise ValueError

    def share() -> None:
        try:
            turns.share("a", fail)
        except ValueError as error:
            errors.append(error)

    later = [threading.Thread(target=share) for _ in range(4)]
    for thread in later:
        thread.start()
    work.may_end.release()
    join([first, *later])
    assert len(errors) == 4
    turns.share("a", lambda: None)


def test_a_key_that_nobody_uses_is_forgotten() -> None:
    turns = SharedTurns()
    for number in range(100):
        turns.share(f"account-{number}", lambda: None)
    assert (len(turns._keys), len(turns._next)) == (0, 0)
