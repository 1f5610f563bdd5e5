"""The display of a run at work; if stderr is no terminal, notes and now and then a line that tells where it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from time import localtime, monotonic, strftime, time

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.constrain import Constrain
from rich.live import Live
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from importer.cli.bugs import note_run
from importer.cli.log import current_log
from importer.cli.loudness import is_quiet
from importer.cli.text import counted, duration, print_wrapped, printable

_WIDEST = 40
_NARROWEST = 8
_ROOM_FOR_CTRL_C = 3
_LONG_WAIT_S = 10.0
_TOLD_EVERY_S = 30.0
"""Where no picture is seen, and in the log, a line tells so often where the work is."""
_IN_DOUBT = "in-doubt"
"""The ledger's word for a batch whose answer was lost."""


class Progress:
    """A ``Watch`` with two lines: rows prepared and rows answered, with the time that is left.

    A context manager; leaving it clears the display. Its methods come from the threads that prepare and send, and only
    count under a lock; the display's own thread draws a picture four times a second. With -q nothing is shown.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._is_quiet = is_quiet()
        self._log = current_log()
        self._lock = Lock()
        self._began = monotonic()
        self._prepared = 0
        self._share_read: float | None = None
        self._sends_since: float | None = None
        self._waited_s = 0.0
        self._answered_here = 0
        self._queued: dict[int, int] = {}
        self._settled: dict[int, int] = {}
        self._in_doubt: dict[int, int] = {}
        self._under_way: set[int] = set()
        self._waits_since = self._waits_until = 0.0
        self._waits_for = ""
        self._doing = ""
        self._has_moved = False
        self._is_over = Event()
        self._teller: Thread | None = None
        self._live = Live(get_renderable=self._picture, console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> "Progress":
        if self._console.is_terminal and not (self._log.is_on_terminal or self._is_quiet):
            self._live.start()
        if self._teller is None:
            self._teller = Thread(target=self._tell_on, name="progress", daemon=True)
            self._teller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
        self._is_over.set()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the display while a person answers."""
        self._live.stop()
        try:
            yield
        finally:
            self.__enter__()

    def begun(self, run_id: str) -> None:
        """Log the run, and count anew: a job imports file after file."""
        self._log.begun(run_id)
        note_run(run_id)
        with self._lock:
            self._began = monotonic()
            self._prepared, self._share_read, self._answered_here = 0, None, 0
            self._sends_since, self._waited_s = None, 0.0
            for counts in (self._queued, self._settled, self._in_doubt, self._under_way):
                counts.clear()

    def prepared(self, rows: int, share_read: float) -> None:
        """Count prepared rows."""
        self._log.prepared(rows, share_read)
        with self._lock:
            if self._share_read is None:
                self._doing = ""  # the files are opened: rows tell how far it is
            self._prepared += rows
            self._share_read = share_read
            self._has_moved = True

    def queued(self, batch: int, rows: int) -> None:
        """Count a batch that waits to be sent."""
        self._log.queued(batch, rows)
        with self._lock:
            self._queued[batch] = rows

    def sent(self, batch: int, rows: int) -> None:
        """Show that a batch is under way."""
        self._log.sent(batch, rows)
        with self._lock:
            self._has_moved = True
            self._under_way.add(batch)
            self._end_wait()
            if self._sends_since is None:
                self._sends_since = monotonic()

    def settled(self, batch: int, rows: int, state: str) -> None:
        """Count a batch, or a piece of it, that has its answer, or whose answer was lost.

        A piece in doubt comes again once it is settled, so a batch never counts for more than its rows.
        """
        self._log.settled(batch, rows, state)
        with self._lock:
            self._has_moved = True
            if batch in self._under_way:
                self._answered_here += rows
            self._under_way.discard(batch)
            if state == _IN_DOUBT:
                self._in_doubt[batch] = rows
                return
            self._in_doubt.pop(batch, None)
            self._settled[batch] = min(self._settled.get(batch, 0) + rows, self._queued.get(batch, rows))

    def waiting(self, why: str, seconds: float) -> None:
        """Show why nothing is sent now."""
        self._log.waiting(why, seconds)
        with self._lock:
            self._end_wait()
            self._waits_for = why
            self._waits_since = monotonic()
            self._waits_until = self._waits_since + seconds
        if not self._console.is_terminal and seconds >= 10:
            self._print(f"Waiting {duration(seconds)}: {why}")

    def doing(self, what: str) -> None:
        """Show a phase that has no row count; "" clears it."""
        self._log.doing(what)
        with self._lock:
            self._doing = what

    def note(self, text: str) -> None:
        """Print a line above the picture, or on stderr if there is no picture."""
        self._log.note(text)
        self._print(text)

    def _print(self, text: str) -> None:
        if not (self._log.is_on_terminal or self._is_quiet):
            print_wrapped(self._console, text)

    def _tell_on(self) -> None:
        """Tell where the work is, until it is over. The thread's own."""
        while not self._is_over.wait(_TOLD_EVERY_S):
            self._tell_where()

    def _tell_where(self) -> None:
        """Log how far the work is, and print it where no picture shows it; nothing if nothing is under way."""
        with self._lock:
            wait = self._waits_until - monotonic()
            if not (self._has_moved or self._under_way or self._doing or wait > 0):
                return
            self._has_moved = False
            seconds = monotonic() - self._began
            facts: dict[str, object] = {"prepared": self._prepared, "share_read": round(self._share_read or 0.0, 3)}
            said = []
            if self._prepared:
                said.append(f"{counted(self._prepared, 'row')} prepared, {self._share_read or 0.0:.0%} read")
            if self._queued:
                answered = sum(self._settled.values())
                facts |= {"answered": answered, "queued": sum(self._queued.values())}
                said.append(f"{answered:,} of {counted(sum(self._queued.values()), 'row')} answered")
            if wait > 0:
                facts |= {"waits_s": round(wait), "why": self._waits_for}
                said.append(f"waiting {duration(wait)} more: {self._waits_for}")
            if self._doing:
                facts |= {"doing": self._doing}
                said.append(self._doing)
        self._log.event("under way", run=None, batch=None, seconds=round(seconds), **facts)
        if said and not self._console.is_terminal:
            self._print(f"After {duration(seconds)}: {'; '.join(said)}")

    def _picture(self) -> Constrain:
        with self._lock:
            sent_rows, queued_rows = sum(self._settled.values()), sum(self._queued.values())
            picture = Table.grid(padding=(0, 2))
            for is_bar in (False, True, False, False):
                picture.add_column(no_wrap=not is_bar)  # the bar alone gives way: figures are never cut
            if self._share_read is not None or not (self._queued or self._doing):
                share = self._share_read or 0.0
                picture.add_row("Prepared", _Bar(share), counted(self._prepared, "row"), self._rate(share))
            if self._queued:
                # A run that is resumed has nothing to prepare: all that it sends is known.
                rows = queued_rows / (self._share_read or 1.0)
                done = sum(self._settled.get(batch, 0) >= rows for batch, rows in self._queued.items())
                batches = f"{done:,} of {counted(len(self._queued), 'batch')}"
                batches += f", {len(self._in_doubt):,} in doubt" if self._in_doubt else ""
                picture.add_row(
                    "Answered",
                    _Bar(sent_rows / rows),
                    f"{counted(sent_rows, 'row')}, {batches}",
                    self._left(rows - sent_rows),
                )
            wait = self._waits_until - monotonic()
            lines = []
            if wait > 0:
                until = strftime(" (until %H:%M)", localtime(time() + wait)) if wait >= 60 else ""
                lines.append(Text(f"Waiting {duration(wait)}{until}: {printable(self._waits_for)}"))
            if wait > _LONG_WAIT_S:
                lines.append(Text("Ctrl-C stops in good order; importer resume goes on", style="dim"))
            if self._doing:
                lines.append(Text(printable(f"{self._doing[0].upper()}{self._doing[1:]} …")))
        # A terminal writes ^C behind the last line; where that is full, it wraps, and a line is left behind.
        return Constrain(Group(picture, *lines), max(self._console.width - _ROOM_FOR_CTRL_C, _NARROWEST))

    def _rate(self, share: float) -> str:
        elapsed = monotonic() - self._began
        return f"{self._prepared / elapsed:,.0f} rows/s" if self._prepared and share < 1 and elapsed > 0.5 else ""

    def _left(self, rows: float) -> str:
        """Return the time left: the rest of a wait, and of sending at the pace so far; empty while that is unknown."""
        if self._sends_since is None or not self._answered_here or rows < 1:
            return ""
        now = monotonic()
        waiting_s = max(min(now, self._waits_until) - self._waits_since, 0.0)
        busy_s = now - self._sends_since - self._waited_s - waiting_s
        left_s = max(self._waits_until - now, 0.0) + busy_s / self._answered_here * rows
        return f"about {duration(left_s)} left" if busy_s > 2 else ""

    def _end_wait(self) -> None:
        """Add a wait that is over, or was cut short, to the seconds waited."""
        self._waited_s += max(min(monotonic(), self._waits_until) - self._waits_since, 0.0)
        self._waits_since = self._waits_until = 0.0


class _Bar:
    """A bar as wide as the line leaves room for."""

    def __init__(self, share: float) -> None:
        self._share = min(max(share, 0.0), 1.0)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(min(_NARROWEST, options.max_width), min(_WIDEST, options.max_width))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(_WIDEST, options.max_width)
        full = round(self._share * width)
        yield Text.assemble(("━" * full, "green"), ("━" * (width - full), "dim"), end="")
