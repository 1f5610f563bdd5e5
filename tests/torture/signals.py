"""``python -m tests.torture.signals``: SIGINT, SIGTERM and SIGHUP at seven stages of a run, as often as asked.

The first signal lets the answer under way come in, for 30 seconds at most, and leaves exit code 4; a run that was
stopped is resumed to its end. Nothing is lost, nothing is doubled, and nothing is in doubt that was answered.
"""

import argparse
import json
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from importer.sandbox import Behaviour, EmbeddedSandbox, Store
from importer.sandbox.store import Fields
from tests.torture.everything import KEY, opened, start

ROWS = 40
DEADLINE_S = 30


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a run is when the signal comes.

    Attributes:
        switches: of the sandbox, so that the run stays there for a while.
        is_there: whether it is, by the sandbox and the folder.
        options: of ``importer run``.
    """

    name: str
    switches: tuple[str, ...]
    is_there: Callable[[Store, Path], bool]
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stopped:
    """What came of a signal: seconds until the run had ended, its exit code, and what the server held in the end."""

    by: str
    took_s: float
    exit_code: int
    imported: int
    in_doubt: int
    contacts: int
    numbers: int

    def __str__(self) -> str:
        held = f"{self.contacts} contacts with {self.numbers} numbers"
        was = f"{self.imported} imported, {self.in_doubt} in doubt"
        return f"{self.by} stopped it in {self.took_s:.1f} s with {was}; resumed, {held}"


def asked(method: str, count: int = 1) -> Callable[[Store, Path], bool]:
    """So many requests of this kind were answered."""
    return lambda store, _: sum(request.method == method for request in store.requests()) >= count


def faulted(store: Store, _: Path) -> bool:
    """A fault was played."""
    return any(request.fault for request in store.requests())


def prepared(_: Store, desk: Path) -> bool:
    """The first rows are on the disk."""
    return any(desk.glob("runs/*/parts/*.parquet"))


STAGES = (
    Stage("reading and preparing", (), lambda _, desk: any(desk.glob("runs/*/run.json")), ("--max-error-rate", "1")),
    Stage("sending", ("latency_s=0.5",), prepared),
    Stage("waiting for the limit", ("faults=2:429", "retry_after_s=20"), faulted),
    Stage("waiting out an outage", ("faults=2:500,3:503",), faulted),
    Stage("waiting before reading back", ("faults=2:504-after-commit",), faulted, ("--quiet-time", "20")),
    Stage("reading back", ("faults=2:504-after-commit", "page_cap=1", "latency_s=0.2"), asked("GET", 2)),
    Stage("updating", ("latency_s=0.3",), asked("PUT", 1), ("--on-existing", "update")),
)


def stop_once(stage: Stage, number: int, folder: Path) -> Stopped:
    """One run, one signal, and the resumption; what became of it."""
    sent = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[number % 3]
    lines = [f"Ann,+1 202-555-{n:04}\n" for n in range(ROWS)]
    (folder / "list.csv").write_text("Name,Phone\n" + "".join(lines), "utf-8")
    db = folder / "api.sqlite"
    rule = "skip" if stage.name == "updating" else "second"
    behaviour = Behaviour.parse([f"on_duplicate={rule}", *stage.switches])
    with EmbeddedSandbox(db, behaviour, KEY) as sandbox, opened(db) as store:
        if stage.name == "updating":
            store.add([Fields(f"+1202555{n:04}", "Old", None, None, None) for n in range(8)])
        given = ("--base-url", sandbox.url, "--batch-size", "8", "--json", "--quiet-time", "0.5", *stage.options)
        process = start("run", "list.csv", *given, cwd=folder)
        end = time.monotonic() + 60
        while not stage.is_there(store, folder) and process.poll() is None:
            assert time.monotonic() < end, f"{stage.name}: the run never came there"
            time.sleep(0.01)
        began = time.monotonic()
        process.send_signal(sent)
        out, err = process.communicate(timeout=DEADLINE_S + 30)
        took = time.monotonic() - began
        assert "Traceback" not in err, err
        stopped_with = process.returncode
        assert stopped_with == 4, f"{stage.name}: exit code {stopped_with}: {err}"
        assert took <= DEADLINE_S, f"{stage.name}: {took:.0f} s"
        stopped = json.loads(out)
        assert stopped["balanced"]
        assert "importer resume" in err
        lost = stopped["reasons"].get("unconfirmed", {}).get("reply-lost", 0)
        assert lost <= (8 if "504" in str(stage.switches) or "500" in str(stage.switches) else 0), stopped["reasons"]
        process = start("resume", "latest", "--json", cwd=folder)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, f"{stage.name}: resume: {err}"
        ended = json.loads(out)
        phones = [contact.phone for contact in store.contacts()]
    assert len(phones) == len(set(phones)) == ROWS, f"{stage.name}: {len(phones)} contacts"
    assert ended["imported"] + ended["skipped"] == ROWS
    return Stopped(sent.name, took, stopped_with, stopped["imported"], lost, len(phones), len(set(phones)))


def main() -> None:
    """Every stage as often as asked; the first broken promise ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    for stage in STAGES:
        for number in range(options.times):
            with tempfile.TemporaryDirectory() as folder:
                print(f"{stage.name}, {number + 1}: {stop_once(stage, number, Path(folder))}")


if __name__ == "__main__":
    main()
