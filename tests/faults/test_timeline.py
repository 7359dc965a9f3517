"""Processes take turns, only where they pause, and always in the same order."""

import threading
from collections.abc import Callable

import pytest

from tests.faults.harness import START
from tests.faults.timeline import Timeline
from tests.memory.clock import ManualClock


class Stand:
    """A timeline, and what its processes say."""

    def __init__(self) -> None:
        self.timeline = Timeline(ManualClock(START))
        self.said: list[str] = []

    def say(self, text: str) -> None:
        at_s = (self.timeline.clock.now() - START).total_seconds()
        self.said.append(f"{at_s:g} {text}")

    def process(self, name: str, *pauses_s: float) -> Callable[[], None]:
        def live() -> None:
            self.say(f"{name} begins")
            for pause_s in pauses_s:
                self.timeline.pause(pause_s)
                self.say(f"{name} goes on")

        return live

    def run(self) -> list[str]:
        self.timeline.run(lambda: False)
        return self.said


def test_a_process_begins_at_its_time() -> None:
    stand = Stand()
    stand.timeline.after(7, stand.process("late"))
    stand.timeline.after(3, stand.process("early"))
    assert stand.run() == ["3 early begins", "7 late begins"]


def test_while_one_process_pauses_another_lives() -> None:
    stand = Stand()
    stand.timeline.after(0, stand.process("a", 5, 5))
    stand.timeline.after(1, stand.process("b", 5))
    assert stand.run() == ["0 a begins", "1 b begins", "5 a goes on", "6 b goes on", "10 a goes on"]


def test_those_who_are_due_at_once_go_on_in_the_order_they_came() -> None:
    stand = Stand()
    for name in ("a", "b", "c"):
        stand.timeline.after(0, stand.process(name, 1))
    assert [line[2:] for line in stand.run()][3:] == ["a goes on", "b goes on", "c goes on"]


def test_a_process_can_begin_another() -> None:
    stand = Stand()
    stand.timeline.after(1, lambda: stand.timeline.after(2, stand.process("child")))
    assert stand.run() == ["3 child begins"]


def test_a_run_that_is_over_leaves_no_thread() -> None:
    before = threading.active_count()
    stand = Stand()
    stand.timeline.after(0, stand.process("a", 100))
    stand.timeline.after(5, stand.process("b", 100))
    stand.timeline.run(lambda: bool(stand.said[1:]))
    assert stand.said == ["0 a begins", "5 b begins"]
    assert threading.active_count() == before


def test_what_a_process_breaks_with_is_raised_by_the_run() -> None:
    stand = Stand()

    def broken() -> None:
        raise ZeroDivisionError

    stand.timeline.after(0, stand.process("a", 100))
    stand.timeline.after(1, broken)
    with pytest.raises(ZeroDivisionError):
        stand.run()


def test_a_thread_that_a_process_starts_has_no_turn() -> None:
    timeline, here = Timeline(ManualClock(START)), []

    def live() -> None:
        here.append(timeline.is_here)
        thread = threading.Thread(target=lambda: here.append(timeline.is_here))
        thread.start()
        thread.join()

    timeline.after(0, live)
    timeline.run(lambda: False)
    assert here == [True, False]
