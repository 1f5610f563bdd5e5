"""The Send screen: decided rows are sent, as ``importer retry`` sends them, once a person presses the button.

No address that shows sends anything; the desk's end stops a run under way as Ctrl-C stops a command.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from importer.account.connection import key_of
from importer.desk.application import Desk
from importer.desk.checking import Answer, Checking, answer_of
from importer.desk.query import Term
from importer.desk.under_way import UnderWay
from importer.errors import ImporterError, UsageError
from importer.models.outcomes import Outcome
from importer.models.watching import Stop, Watch
from importer.pipeline.decided import to_send
from importer.pipeline.retry import Wish, credit, retry_import
from importer.stages.correct import PLACE
from importer.storage.decisions import Decisions
from importer.storage.run_folder import Record
from importer.storage.summary import Summary

_SHOWN_WRONG = 50
_MOST_BYTES = 1 << 12


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the button would send.

    Attributes:
        seq: the last decision that is in it.
        corrected, as_is: decided rows that are not sent yet.
        good: those of them that would be sent; the others are still wrong, or there already.
        dropped, left: rows that stay unsent: as decided, and as nobody decided.
        wrong: the first rows that would not be sent: source, row, why.
        host: where the rows would go.
        kind: ``real``, ``sandbox`` or ``dry``, as the run was.
    """

    seq: int
    corrected: int
    as_is: int
    good: int
    dropped: int
    left: int
    wrong: list[tuple[str, int, Answer]]
    host: str
    kind: str

    @property
    def decided(self) -> int:
        """Return how many rows are decided and not sent yet."""
        return self.corrected + self.as_is


class Sending:
    """The Send screen of a desk."""

    def __init__(self, desk: Desk, checking: Checking, under_way: UnderWay) -> None:
        self._desk, self._checking, self._under_way = desk, checking, under_way

    def routes(self) -> list[Route]:
        """Return the address that shows, and the one that sends if this desk decides."""
        shows = [Route("/send", self._shown), Route("/under-way", self._progress)]
        if not self._desk.manner.decides:
            return shows
        return [*shows, Route("/send", form(self._send, self._page), methods=["POST"])]

    def sheet(self) -> Sheet:
        """Return what would be sent now.

        Raises:
            StoppedError: a retry of the run was stopped before all its rows were prepared; or a file is damaged.
        """
        folder = self._desk.folder
        record, settings = folder.record(), folder.settings()
        decided = to_send(folder)
        states = Decisions(folder.path).rows()
        rows = {(row["source"], row["sheet"], row["row"]): row for row in decided.rows.iter_rows(named=True)}
        found = self._checking.of({place: states[place].cells for place in rows})
        is_good = pl.col("outcome") == Outcome.PLANNED.value
        is_masked = self._desk.manner.is_masked
        wrong = [
            (row["source"], row["row"], answer_of(rows[*(row[name] for name in PLACE)], row, None, is_masked=is_masked))
            for row in found.filter(~is_good).head(_SHOWN_WRONG).iter_rows(named=True)
        ]
        choices = Counter(states[place].choice for place in rows)
        dropped = sum(state.choice == "drop" for state in states.values())
        _, table = self._desk.state()
        return Sheet(
            seq=decided.seq,
            corrected=choices["set"],
            as_is=choices["send-as-is"],
            good=found.filter(is_good).height,
            dropped=dropped,
            left=int(table.mask((Term("is", "todo"),)).sum()),
            wrong=wrong,
            host=host_of(record),
            kind="dry" if settings.dry_run else "sandbox" if settings.sandbox else "real",
        )

    def _shown(self, request: Request) -> Response:  # noqa: ARG002 - starlette's signature
        return self._page("")

    def _page(self, problem: str) -> Response:
        # While rows are sent, what is left to send changes under our hands.
        sheet = None
        try:
            sheet = None if self._under_way.is_busy else self.sheet()
        except ImporterError as error:  # what became of the last run is shown all the same
            problem = problem or str(error)
        return self._desk.page(
            "send.html.j2",
            status=409 if problem else 200,
            screen="send",
            sheet=sheet,
            needs_approval=self._desk.folder.settings().needs_approval,
            work=self._under_way.progress,
            is_busy=self._under_way.is_busy,
            problem=problem,
        )

    def _progress(self, request: Request) -> Response:  # noqa: ARG002
        return self._desk.page("under_way.html.j2", work=self._under_way.progress, is_busy=self._under_way.is_busy)

    def _send(self, given: Mapping[str, str]) -> Response:
        """Begin the run; refuse it if somebody has decided since the sheet was shown."""
        if given.get("seq") != str(self._desk.reviewing.seq):
            raise UsageError("Rows were decided since this page was shown. Nothing was sent. Look at it as it is now.")
        self._under_way.begin(lambda watch, stop: self._retried(watch, stop, is_dry=given.get("kind") == "dry"))
        return RedirectResponse("/send", 303)

    def _retried(self, watch: Watch, stop: Stop, *, is_dry: bool) -> Summary | None:
        folder = self._desk.folder
        # Without the flag a dry run stays dry, as everywhere.
        wish = Wish(flags={"dry_run": True} if is_dry else None, who=self._desk.manner.who)
        sent = retry_import(folder, wish, key_of(folder, watch), watch, stop)
        if sent is None:
            return None
        credit(sent[0])
        return sent[1]


def host_of(record: Record) -> str:
    """Return where a run sends, for a button: the API's host, or the embedded sandbox."""
    if record.base_url.startswith("sandbox:"):
        return "the embedded sandbox"
    return urlsplit(record.base_url).netloc


def form(work: Callable[[Mapping[str, str]], Response], refused: Callable[[str], Response]) -> Any:
    """Return an endpoint that reads a form and does the work in a thread; ``refused`` shows what it could not do."""

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        fields = parse_qs(body.decode("latin-1")) if len(body) <= _MOST_BYTES else {}
        try:
            return await run_in_threadpool(work, {name: texts[0] for name, texts in fields.items()})
        except ImporterError as error:
            return await run_in_threadpool(refused, str(error))

    return endpoint
