"""What the terminal shows while a run works."""

import io
from time import monotonic, sleep

import pytest
from rich.console import Console

from importer.cli.progress import Progress
from importer.cli.text import counted, duration, printable


def shown(progress: Progress) -> str:
    console = Console(file=io.StringIO(), width=100, force_terminal=False)
    with console.capture() as capture:
        console.print(progress._picture())
    return capture.get()


def test_the_picture_counts_rows_and_batches() -> None:
    """Pieces of a batch add up, a piece that comes again counts once, and what the run is at is said."""
    progress = Progress(Console(file=io.StringIO()))
    progress.prepared(1500, 1.0)
    progress.queued(1, 1000)
    progress.queued(2, 500)
    progress.sent(1, 1000)
    progress.settled(1, 600, "in-doubt")
    progress.settled(1, 400, "settled")
    progress.settled(1, 600, "settled")
    progress.waiting("the API's limit of requests", 30)
    progress.doing("writing the reports")
    text = shown(progress)
    assert "1,500 rows" in text
    assert "1,000 rows, 1 of 2 batches" in text
    assert "the API's limit of requests" in text
    assert "Writing the reports" in text


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_full_or_cut(width: int) -> None:
    """There is room for the ^C that a terminal writes behind it, or the line would wrap and one be left behind."""
    progress = Progress(Console(file=io.StringIO(), width=width))
    progress.prepared(1_500_000, 0.5)
    progress.queued(1, 10_000)
    progress.waiting("the API's limit of requests, which is used up by other programs of the account as well", 3700)
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    with console.capture() as capture:
        console.print(progress._picture())
    assert max(len(line.rstrip()) for line in capture.get().splitlines()) <= width - 3
    assert "…" not in capture.get()
    assert "1,500,000 rows" in capture.get()


def test_a_note_cannot_steer_the_terminal() -> None:
    """Escape sequences, bidi marks and rich markup in a note are text."""
    file = io.StringIO()
    Progress(Console(file=file, force_terminal=True)).note("file \x1b[2J\u202e [red]x[/red].csv")
    assert "\x1b[2J" not in file.getvalue()
    assert "\u202e" not in file.getvalue()
    assert "[red]x[/red]" in file.getvalue()


def test_words_for_numbers() -> None:
    """Counts and durations read as people write them."""
    assert [counted(n, "batch") for n in (0, 1, 2000)] == ["0 batches", "1 batch", "2,000 batches"]
    assert [duration(s) for s in (0.44, 12.3, 185, 7800)] == ["0.4 s", "12 s", "3 min 05 s", "2 h 10 min"]
    assert printable("a\nb\x00c\u2028") == "a b�c�"


def test_a_resumed_run_has_nothing_to_prepare() -> None:
    """What it sends is known at once, so its share is of all of that; a long wait tells what to type."""
    progress = Progress(Console(file=io.StringIO()))
    progress.queued(1, 500)
    progress.queued(2, 500)
    progress.settled(1, 500, "settled")
    progress.waiting("the API is out", 90)
    text = shown(progress)
    assert "Prepared" not in text
    assert "━" * 28 in text
    assert "(until " in text
    assert "importer resume goes on" in text


def test_the_time_left_leaves_waits_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """An outage of an hour says nothing of the pace after it; what is still to wait of it counts."""
    now = [0.0]
    monkeypatch.setattr("importer.cli.progress.monotonic", lambda: now[0])
    progress = Progress(Console(file=io.StringIO()))
    for batch in range(1, 11):
        progress.queued(batch, 100)
    progress.sent(1, 100)
    now[0] += 10
    progress.settled(1, 100, "settled")
    progress.waiting("the API is out", 3600)
    now[0] += 60
    assert "about 1 h 00 min left" in shown(progress)
    now[0] += 3540
    progress.sent(2, 100)
    now[0] += 10
    progress.settled(2, 100, "settled")
    assert "about 1 min 20 s left" in shown(progress)


def test_where_no_picture_is_seen_a_line_tells_where_the_work_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every so often while something is under way, and once for what has come to rest; a picture needs no line."""
    monkeypatch.setattr("importer.cli.progress._TOLD_EVERY_S", 0.02)
    file, seen = io.StringIO(), io.StringIO()
    with Progress(Console(file=file, width=200)) as progress:
        progress.begun("run")
        progress.prepared(1500, 0.5)
        progress.queued(1, 1000)
        deadline = monotonic() + 20
        while "prepared" not in file.getvalue() and monotonic() < deadline:
            sleep(0.01)
        sleep(0.2)
    assert file.getvalue().splitlines() == ["After 0.0 s: 1,500 rows prepared, 50% read; 0 of 1,000 rows answered"]
    with Progress(Console(file=seen, force_terminal=True)) as progress:
        progress.prepared(1500, 0.5)
        sleep(0.1)
    assert "After" not in seen.getvalue()


def test_a_line_tells_why_nothing_is_sent() -> None:
    """A wait, and a phase without rows, are told as long as they last."""
    file = io.StringIO()
    progress = Progress(Console(file=file, width=200))
    progress.waiting("the API's limit of requests", 300)
    progress.doing("reading back")
    progress._tell_where()
    progress._tell_where()
    told = [line.partition(": ")[2] for line in file.getvalue().splitlines()]
    assert told[1:] == ["waiting 5 min 00 s more: the API's limit of requests; reading back"] * 2
