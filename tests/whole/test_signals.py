"""A signal at any stage stops a run in good order; a second one stops it at once."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.sandbox import Behaviour, EmbeddedSandbox
from tests.torture.everything import KEY, opened, start
from tests.torture.signals import ROWS, STAGES, Stage, stop_once

# The other stages, and all of them often: python -m tests.torture.signals
CHOSEN = [stage for stage in STAGES if stage.name in {"sending", "reading back", "updating"}]


@pytest.fixture(autouse=True)
def minded_hangups() -> Iterator[None]:
    """Tests behind nohup start with hangups ignored, and so would their children."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("stage", CHOSEN, ids=[stage.name for stage in CHOSEN])
def test_a_signal_stops_a_run_in_good_order(tmp_path: Path, stage: Stage) -> None:
    """Exit code 4 within 30 s, the books balance, resume ends it: nothing lost, nothing doubled."""
    stopped = stop_once(stage, STAGES.index(stage), tmp_path)
    assert stopped.exit_code == 4
    assert stopped.took_s <= 30
    assert (stopped.contacts, stopped.numbers) == (ROWS, ROWS)


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (signal.SIGINT, signal.SIGINT, 130),
        (signal.SIGHUP, signal.SIGTERM, 143),
        (signal.SIGTERM, signal.SIGHUP, 129),
    ],
)
def test_a_second_signal_stops_at_once(tmp_path: Path, first: int, second: int, code: int) -> None:
    """The answer is not awaited. While it runs, the key is not where other users could see it."""
    (tmp_path / "list.csv").write_text("Name,Phone\nAnn,+1 202-555-0100\n", "utf-8")
    db = tmp_path / "api.sqlite"
    with EmbeddedSandbox(db, Behaviour(latency_s=20), KEY) as sandbox, opened(db) as store:
        process = start("run", "list.csv", "--base-url", sandbox.url, "--quiet-time", "0", cwd=tmp_path)
        while not store.count():
            assert process.poll() is None
            time.sleep(0.01)
        assert KEY.encode() not in Path(f"/proc/{process.pid}/cmdline").read_bytes()
        process.send_signal(first)
        assert process.stderr is not None
        assert "Stopping" in process.stderr.readline()
        began = time.monotonic()
        process.send_signal(second)
        process.communicate(timeout=20)
        assert (process.returncode, time.monotonic() - began < 5) == (code, True)
