"""Simulated time, and processes that live in it: any number at once, of which one runs.

Each process has a thread of its own, so that it can stand still in the middle of a call while others
go on; but a thread runs only while it has the turn, and gives it away only in `pause`. So every run
with the same decisions is the same run, and every interleaving that a pause allows is a true one.
"""

import heapq
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from tests.memory.clock import ManualClock

Action = Callable[[], None]


class Ended(BaseException):
    """The run is over: a process that still stands in a pause ends here."""


class _Thread:
    """A thread that waits for its turn, with what it is to do then."""

    def __init__(self, live: Callable[["_Thread"], None]) -> None:
        self._turn = threading.Lock()
        self._turn.acquire()
        self.action: Action | None = None
        self._thread = threading.Thread(target=live, args=(self,), daemon=True)
        self._thread.start()

    def wait(self) -> None:
        self._turn.acquire()

    def wake(self) -> None:
        self._turn.release()

    def join(self) -> None:
        self._thread.join()


class _Event(NamedTuple):
    """A process that begins at a moment, or one that goes on then. `number` is the order of those that
    are due at once; no two have the same, so that nothing behind it is ever compared."""

    moment: datetime
    number: int
    what: Action | _Thread
    is_background: bool


class Timeline:
    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.foreground = 0
        """Events to come that somebody waits for: not those that come for ever, like the sweep."""
        self._events: list[_Event] = []
        self._count = 0
        self._here = threading.local()
        self._idle: list[_Thread] = []
        self._threads: list[_Thread] = []
        self._is_over: Callable[[], bool] = lambda: False
        self._has_ended = False
        self._done = threading.Lock()
        self._done.acquire()
        self._broken: BaseException | None = None

    @property
    def is_here(self) -> bool:
        """Whether the calling thread is a process of this timeline, and not a thread that one started:
        such a thread runs in real time, beside whoever has the turn."""
        return hasattr(self._here, "thread")

    def after(self, delay_s: float, action: Action, *, is_background: bool = False) -> None:
        """A new process, so many seconds from now."""
        self._push(delay_s, action, is_background)

    def pause(self, seconds: float) -> None:
        """The calling process stands still; whatever is due meanwhile happens."""
        if self._has_ended:
            raise Ended
        me: _Thread = self._here.thread
        moment = self.clock.now() + timedelta(seconds=seconds)
        if not self._events or moment < self._events[0].moment:
            self.clock.moment = moment  # nobody is due before: no need to give the turn away
            return
        self._push(seconds, me, is_background=False)
        if self._hand_over(me) is not me:
            me.wait()
        if self._has_ended:
            raise Ended

    def run(self, is_over: Callable[[], bool]) -> None:
        """Until `is_over`, or nothing is left to happen. Raises what a process broke with."""
        self._is_over = is_over
        self._hand_over(None)
        self._done.acquire()
        self._end_all()
        if self._broken is not None:
            raise self._broken

    def _push(self, delay_s: float, what: Action | _Thread, is_background: bool) -> None:
        self._count += 1
        moment = self.clock.now() + timedelta(seconds=delay_s)
        heapq.heappush(self._events, _Event(moment, self._count, what, is_background))
        self.foreground += not is_background

    def _hand_over(self, me: _Thread | None) -> _Thread | None:
        """Gives the turn to whatever is due next; answers who has it now, None for the end. Where that
        is a new process and `me` has just finished another, `me` begins it."""
        if self._has_ended or not self._events or self._is_over():
            self._done.release()
            return None
        event = heapq.heappop(self._events)
        self.foreground -= not event.is_background
        self.clock.moment = max(self.clock.moment, event.moment)
        if isinstance(event.what, _Thread):
            if event.what is not me:
                event.what.wake()
            return event.what
        return self._begin(event.what)

    def _begin(self, action: Action) -> _Thread:
        thread = self._idle.pop() if self._idle else self._new_thread()
        thread.action = action
        thread.wake()
        return thread

    def _new_thread(self) -> _Thread:
        self._threads.append(_Thread(self._live))
        return self._threads[-1]

    def _live(self, me: _Thread) -> None:
        self._here.thread = me
        while True:
            me.wait()
            if me.action is None:
                return
            try:
                me.action()
            except Ended:
                pass
            except BaseException as error:
                self._broken = self._broken or error
                self._has_ended = True
            me.action = None
            self._idle.append(me)
            self._hand_over(me)

    def _end_all(self) -> None:
        """Unwinds whoever stands in a pause, one after the other, and ends every thread."""
        self._has_ended = True
        for event in sorted(self._events):
            if isinstance(event.what, _Thread):
                event.what.wake()
                self._done.acquire()
        for thread in self._threads:
            thread.action = None
            thread.wake()
            thread.join()
