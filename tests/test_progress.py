import pytest

from llemma import progress as module
from llemma.progress import duration, progress


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.44, "0.4 s"), (38.4, "38 s"), (192, "3 min 12 s"), (7500, "2 h 5 min"), (60.2, "1 min 0 s")],
)
def test_a_duration_is_said_as_a_person_would(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_without_a_terminal_plain_lines_say_count_rate_and_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([0.0, 31.0, 40.0, 61.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(now))
    with progress("train", 1000, "tokens") as meter:
        meter.skip(500)
        meter.advance(310, "loss 2.000")
        meter.advance(10)
        meter.advance(20)
    first, second = capsys.readouterr().err.splitlines()
    # what an earlier run did counts as done, not towards the rate: 310 tokens in 31 s, 190 left
    assert first == "train: 810 of 1,000 tokens, 10.0/s, 19 s left  loss 2.000"
    assert second.startswith("train: 840 of 1,000 tokens, 5.6/s")


def test_in_a_terminal_a_live_line_shows_count_rate_and_note(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    with progress("train", 100, "tokens") as meter:
        meter.skip(50)
        meter.advance(25, "loss 1.500")
        meter.advance(25, "loss 1.250")
    shown = capsys.readouterr().err
    assert "100 of 100 tokens" in shown
    assert "loss 1.250" in shown
