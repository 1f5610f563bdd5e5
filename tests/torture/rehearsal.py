"""``python -m tests.torture.rehearsal``: a large import as somebody at a desk lives through it, in a real terminal.

The API is slow, says 429, is out twice and is restarted once; the importer is stopped with Ctrl-C and resumed. At each
moment the screen is kept, and at the end the report is compared with the list's truth and with what the API holds.
Needs tmux.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from importer.sandbox import Store
from tests.support.truth import Truth, write_csv
from tests.torture.everything import KEY, ROOT, check_server, opened

BEFORE = """
latency_s = 0.5
on_duplicate = "second"
retry_after_s = 8
[faults]
4 = "429"
"8-9" = "503"
"""
AFTER = """
latency_s = 0.5
on_duplicate = "second"
[faults]
8 = "reset-after-commit"
"9-10" = "502-html"
"""


class Screen:
    """A terminal of 110 by 30 with a shell in it."""

    def __init__(self, folder: Path, transcript: Path) -> None:
        self._name, self._transcript = f"rehearsal-{os.getpid()}", transcript
        start = ["new-session", "-d", "-s", self._name, "-x", "110", "-y", "30", "-c", folder]
        environment = {"VOXPRIA_API_KEY_FILE": folder / "key", "PYTHONPATH": ROOT, "PS1": "$ ", "HISTFILE": ""}
        given = [part for name, value in environment.items() for part in ("-e", f"{name}={value}")]
        self._tmux(*start, *given, "bash --noprofile --norc")
        self.type(f'importer() {{ {sys.executable} -m importer "$@"; }}; clear')

    def _tmux(self, *arguments: object) -> str:
        done = subprocess.run(["tmux", *map(str, arguments)], capture_output=True, text=True, check=True)
        return done.stdout

    def type(self, text: str) -> None:
        """Type a line."""
        self._tmux("send-keys", "-t", self._name, "-l", text)
        self._tmux("send-keys", "-t", self._name, "Enter")

    def press(self, key: str) -> None:
        """Press a key, such as ``C-c``."""
        self._tmux("send-keys", "-t", self._name, key)

    def text(self) -> str:
        """What stands on the screen."""
        return self._tmux("capture-pane", "-p", "-t", self._name).rstrip()

    def keep(self, moment: str) -> None:
        """Put the screen into the transcript."""
        with self._transcript.open("a", encoding="utf-8") as file:
            file.write(f"\n===== {time.strftime('%H:%M:%S')}  {moment}\n{self.text()}\n")

    def close(self) -> None:
        self._tmux("kill-session", "-t", self._name)


def until(what: str, holds: Callable[[], bool], timeout_s: float = 600) -> None:
    """Wait for something to be so."""
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, f"waited {timeout_s:.0f} s for: {what}"
        time.sleep(0.1)


@contextlib.contextmanager
def api(folder: Path, port: int, scenario: str) -> Iterator[None]:
    """The sandbox on its port, keeping its contacts over restarts."""
    (folder / "scenario.toml").write_text(scenario, "utf-8")
    command = ["sandbox", "--port", port, "--db", folder / "api.sqlite", "--scenario", folder / "scenario.toml"]
    process = subprocess.Popen(
        [sys.executable, "-m", "importer", *map(str, command)],
        cwd=ROOT,
        env=os.environ | {"VOXPRIA_API_KEY": KEY},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "listens" in process.stderr.readline()
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def rehearse(folder: Path, rows: int, transcript: Path) -> str:
    """The whole of it; what the report and the truth say of each other."""
    truths = write_csv(folder / "list.csv", rows, seed=1)
    (folder / "key").write_text(KEY, "utf-8")
    (folder / "key").chmod(0o600)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    size = max(1, rows // 40)
    screen = Screen(folder, transcript)
    try:
        with api(folder, port, BEFORE), opened(folder / "api.sqlite") as store:
            screen.type(f"importer run list.csv --base-url http://127.0.0.1:{port} --batch-size {size} --quiet-time 15")
            until("the first answer", lambda: store.count() > 0)
            screen.keep("sending")
            until("a 429", lambda: _has(store, "429"))
            time.sleep(2)
            screen.keep("the API asked to wait (429)")
            until("an outage", lambda: _has(store, "503"))
            time.sleep(3)
            screen.keep("first outage (503)")
            until("the end of the outage", lambda: _answered_since(store, "503") >= 3)
            screen.keep("after the outage")
        time.sleep(4)
        screen.keep("the API is restarted: nobody listens")
        with api(folder, port, AFTER), opened(folder / "api.sqlite") as store:
            held = store.count()
            until("answers after the restart", lambda: store.count() > held)
            screen.keep("after the restart")
            screen.press("C-c")
            time.sleep(0.3)
            screen.keep("Ctrl-C")
            until("the end of the stopped run", lambda: "importer resume 2" in screen.text())
            screen.keep("stopped")
            screen.type("clear; importer runs")
            until("the list of runs", lambda: "incomplete" in screen.text())
            screen.keep("importer runs")
            screen.type("clear; importer resume latest")
            until("second outage", lambda: _has(store, "502-html"))
            time.sleep(3)
            screen.keep("resumed; second outage: an answer lost, then 502")
            until("the end", lambda: "report:" in screen.text() or "importer resume 2" in screen.text())
            screen.keep("the end")
    finally:
        screen.close()
    return compare(folder, truths)


def compare(folder: Path, truths: list[Truth]) -> str:
    """Every row's outcome, reason, number and survivor against the truth, and the API's contacts against both."""
    (run,) = (folder / "runs").glob("*/summary.json")
    summary = json.loads(run.read_text("utf-8"))
    columns = ["row", "outcome", "reason", "phone", "kept_row"]
    got = pl.read_parquet(run.parent / "rows.parquet").select(columns).iter_rows()
    meant = [(truth.row, truth.outcome, truth.reason, truth.phone, truth.kept_row) for truth in truths]
    wrong = Counter(f"{mine[2]} for {theirs[2]}" for mine, theirs in zip(got, meant, strict=True) if mine != theirs)
    assert summary["balanced"]
    assert not wrong, wrong
    check_server(folder / "api.sqlite", truths)
    return (
        f"{len(truths):,} rows, 0 other than the truth; {summary['imported']:,} contacts held once each; "
        f"{summary['batches']} batches, {summary['requests']} requests, {summary['seconds']['total']:.0f} s of work"
    )


def _has(store: Store, fault: str) -> bool:
    return any(request.fault == fault for request in store.requests(50))


def _answered_since(store: Store, fault: str) -> int:
    """Requests that went well since the last one with a fault."""
    faults = [request.fault for request in store.requests(50)]
    return len(faults) - 1 - max(n for n, kind in enumerate(faults) if kind == fault)


def main() -> None:
    """Rehearse; print what became of it and where the screens are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--transcript", type=Path, default=Path("rehearsal.txt"))
    options = parser.parse_args()
    options.transcript.write_text("", "utf-8")
    with tempfile.TemporaryDirectory() as folder:
        print(rehearse(Path(folder), options.rows, options.transcript.resolve()))
    print(f"screens: {options.transcript}")


if __name__ == "__main__":
    main()
