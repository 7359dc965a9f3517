"""What the demo says: how long each step took."""

from __future__ import annotations

import pytest

from tools.demo import Stopwatch


def test_each_line_has_the_seconds_of_its_step_and_the_last_one_those_of_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    moments = iter([10.0, 18.0, 18.5, 40.0])
    watch = Stopwatch(lambda: next(moments))

    watch.say("the emulators are ready")
    watch.say("queued")
    watch.say_total()

    assert capsys.readouterr().out.splitlines() == [
        "   8.0 s  the emulators are ready",
        "   0.5 s  queued",
        "  30.0 s  in all",
    ]
