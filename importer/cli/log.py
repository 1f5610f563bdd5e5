"""A log for operators: one line an event, as JSON or text, with the ids of run and batch, and nobody's data."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Literal, TextIO

from importer.cli.telemetry import Telemetry, telemetry
from importer.errors import UsageError

Format = Literal["json", "text"]
_EVERY_S = 10.0
"""Rows are prepared in hundreds of pieces: a line for them comes so often at most."""


@dataclass(frozen=True, slots=True)
class Sink:
    """A place where the lines go, and their form."""

    out: TextIO
    form: Format


class Log:
    """Receives a run's progress like a ``Watch``, from any thread; what cannot be written is dropped.

    Args:
        sinks: the places that get every line.
    """

    def __init__(self, *sinks: Sink) -> None:
        self.sinks = sinks
        self._telemetry: Telemetry | None = None
        self._lock = Lock()
        self._run: str | None = None
        self._rows = 0
        self._told_at = 0.0

    @property
    def is_on_terminal(self) -> bool:
        """Return True if the lines go to standard error, where no picture may come between them."""
        return any(sink.out is sys.stderr for sink in self.sinks)

    def event(self, event: str, *, run: str | None = None, batch: int | None = None, **facts: object) -> None:
        """Write a line: an event with its facts; ``run`` is the one under way if it is None, none if empty."""
        run = self._run if run is None else run or None
        if self._telemetry is not None:
            self._telemetry.hear(event, run, batch, facts)
        if not self.sinks:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        told = {name: value for name, value in ({"run": run, "batch": batch} | facts).items() if value is not None}
        words = (f"{name}={json.dumps(value) if isinstance(value, str) else value}" for name, value in told.items())
        lines = {"json": json.dumps({"at": now, "event": event} | told), "text": " ".join([now, event, *words])}
        with self._lock:
            for sink in self.sinks:
                with suppress(OSError, ValueError):  # a full disk never changes how a run ends
                    sink.out.write(f"{lines[sink.form]}\n")
                    sink.out.flush()

    def begun(self, run_id: str) -> None:
        """Note the run that the next events are of."""
        self._run, self._rows = run_id, 0
        self.event("run begun")

    def prepared(self, rows: int, share_read: float) -> None:
        """Count prepared rows; a line now and then, and when all are read."""
        self._rows += rows
        if share_read >= 1 or monotonic() - self._told_at > _EVERY_S:
            self._told_at = monotonic()
            self.event("prepared", rows=self._rows, share_read=round(share_read, 3))

    def queued(self, batch: int, rows: int) -> None:
        """Log a batch that waits to be sent."""
        self.event("queued", batch=batch, rows=rows)

    def sent(self, batch: int, rows: int) -> None:
        """Log a request that began."""
        self.event("sent", batch=batch, rows=rows)

    def settled(self, batch: int, rows: int, state: str) -> None:
        """Log an answer."""
        self.event("answered", batch=batch, rows=rows, state=state)

    def waiting(self, why: str, seconds: float) -> None:
        """Log a wait."""
        self.event("waiting", seconds=round(seconds, 1), why=why)

    def doing(self, what: str) -> None:
        """Log a phase; its end is the next event."""
        if what:
            self.event("doing", what=what)
        elif self._telemetry is not None:
            self._telemetry.hear("done", self._run, None, {})

    def note(self, text: str) -> None:
        """Log a line that people are shown."""
        self.event("note", text=text)

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Tell OpenTelemetry, too, until the context ends, if the environment names a receiver."""
        with telemetry(lambda problem: self.event("telemetry", run="", problem=problem)) as self._telemetry:
            yield


_CURRENT: ContextVar[Log] = ContextVar("log")


def current_log() -> Log:
    """Return the log of this command; one that drops everything if none was asked for."""
    return _CURRENT.get(Log())


@contextmanager
def telling(*sinks: Sink) -> Iterator[Log]:
    """Log a command to these places, beside those that it has; each gets one form, the last that was asked for."""
    outs = [sink.out for sink in sinks]
    log = Log(*(sink for sink in current_log().sinks if sink.out not in outs), *sinks)
    token = _CURRENT.set(log)
    try:
        yield log
    finally:
        _CURRENT.reset(token)


@contextmanager
def logging_to(path: Path | None, form: str | None) -> Iterator[None]:
    """Log a command to the end of a file, or with a format alone to standard error; to neither if both are None.

    Raises:
        UsageError: the format is none, or the file cannot be opened.
    """
    if form not in (None, "json", "text"):
        raise UsageError("Write --log-format json, or --log-format text.")
    out: TextIO | None = None if path is None and form is None else sys.stderr
    if path is not None:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise UsageError(f"The log {path} cannot be written ({error.strerror}).") from None
        out = os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")
    sinks = [] if out is None else [Sink(out, "json" if form == "json" else "text")]
    try:
        with telling(*sinks) as log, log.measured():
            yield
    finally:
        if path is not None and out is not None:
            with suppress(OSError):
                out.close()
