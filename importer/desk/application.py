"""The application: a route for each screen, and what all screens share."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from importer import __version__
from importer.desk import repairs
from importer.desk.findings import CODES, Findings
from importer.desk.query import Term, parse, quoted, without
from importer.desk.reviewing import Reviewing
from importer.desk.table import PAGE_ROWS, RunTable
from importer.desk.view import RowView, view
from importer.errors import ImporterError, UnapprovedError, UsageError
from importer.models.outcomes import Outcome
from importer.reports import wording
from importer.reports.folder import ROWS_FILE
from importer.reports.templates import environment
from importer.storage.run_folder import RunFolder
from importer.storage.summary import FILE_NAME as SUMMARY_FILE
from importer.storage.summary import Summary

_PAGES = Path(__file__).parent / "pages"
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_MOST_BYTES = 1 << 20
_FILES = ("desk.css", "desk.js", "decide.js", "fix.js", "changes.js", "look.js", "send.js", "desk.svg")


@dataclass(frozen=True, slots=True)
class Manner:
    """The wishes for a desk: whose decisions it writes, whether it masks, and whether it writes any."""

    who: str
    is_masked: bool = False
    is_read_only: bool = False

    @property
    def decides(self) -> bool:
        """Return True if rows may be decided: a masked desk shows no cell that could be corrected."""
        return not (self.is_masked or self.is_read_only)


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of a query: the page's rows, and where the page stands among all matches."""

    rows: list[RowView]
    cells: list[dict[str, Any]]
    count: int
    first: int
    page: int
    pages: int
    facets: dict[str, list[tuple[str, int]]]
    problem: str


class Desk:
    """The desk over one run's folder; its rows are read again if the run was gone on with meanwhile."""

    def __init__(self, folder: RunFolder, manner: Manner) -> None:
        self.folder = folder
        self.manner = manner
        self.reviewing = Reviewing(folder.path, manner.who)
        self._lock = Lock()
        self._state: tuple[tuple[tuple[int, int], ...], Summary, RunTable] | None = None
        self._templates = environment(_PAGES)
        self._stamp = hashlib.sha256(b"".join((_PAGES / name).read_bytes() for name in _FILES)).hexdigest()[:12]

    def application(self, routes: Sequence[Route]) -> Starlette:
        """Return the application of these screens."""
        handlers: Mapping[Any, Any] = {ImporterError: self._refused}
        return Starlette(routes=[*routes, Route("/{name}", self._file)], exception_handlers=handlers)

    def state(self) -> tuple[Summary, RunTable]:
        """Return the run's summary and rows as they are now."""
        # Both: the summary is written after the rows, and who asks in between must not keep the one before.
        files = [(self.folder.path / name).stat() for name in (ROWS_FILE, SUMMARY_FILE)]
        stamp = tuple((status.st_mtime_ns, status.st_ino) for status in files)
        with self._lock:
            if self._state is None or self._state[0] != stamp:
                summary = Summary.read(self.folder.path)
                findings = Findings(self.folder.path, summary)
                table = RunTable(
                    self.folder.path,
                    summary,
                    lambda: self.reviewing.decided(table),
                    lambda: findings.judged(self.reviewing.states(table)),
                )
                self._state = (stamp, summary, table)
            return self._state[1:]

    def found(
        self, request: Request, always: tuple[Term, ...] = (), unasked: str = "", *, counts: bool = True
    ) -> Found:
        """Return the page of rows that the address asks for; all rows, and what is wrong, if its query is.

        Args:
            request: its ``q`` is the query, its ``page`` the page.
            always: terms that hold besides.
            unasked: the query where the address has none.
            counts: whether the rows are counted by facet, too.
        """
        summary, table = self.state()
        terms, problem = always, ""
        try:
            terms = always + parse(request.query_params.get("q", unasked))
        except UsageError as error:
            problem = str(error)
        positions = table.matching(terms)
        pages = max(1, -(-len(positions) // PAGE_ROWS))
        page = min(max(1, number(request.query_params, "page", 1)), pages)
        first = (page - 1) * PAGE_ROWS
        cells = table.page(positions[first : first + PAGE_ROWS])
        states = self.reviewing.states(table)
        rows = [view(row, summary, states.get(row["position"]), is_masked=self.manner.is_masked) for row in cells]
        facets = table.facets(terms) if counts else {}
        return Found(rows, cells, len(positions), first, page, pages, facets, problem)

    def page(self, name: str, status: int = 200, **values: Any) -> Response:
        """Return a screen."""
        return HTMLResponse(self.html(name, **values), status)

    def html(self, name: str, **values: Any) -> str:
        """Return a template, filled."""
        summary, table = self.state()
        return self._templates.get_template(name).render(
            summary=summary,
            wording=wording,
            manner=self.manner,
            total=table.rows,
            fixable=wording.to_fix(summary),
            doubts=doubts(summary),
            waits=summary.exit_code == UnapprovedError.exit_code or summary.status == "refused",
            outcomes=[outcome.value for outcome in Outcome],
            address=address,
            quoted=quoted,
            rule_words=repairs.in_words,
            without=without,
            stamp=self._stamp,
            version=__version__,
            **values,
        )

    def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _FILES:
            return HTMLResponse("There is no such page.", 404)
        return Response((_PAGES / name).read_bytes(), media_type=_KINDS[Path(name).suffix])

    async def _refused(self, request: Request, error: Exception) -> Response:
        if request.method == "POST":
            return JSONResponse({"problem": str(error)}, 409)
        return self.page("refused.html.j2", screen="", problem=str(error), status=409)


def doubts(summary: Summary) -> int:
    """Return how many findings of the run are worth a look."""
    of_pairs = sum(summary.review.values())
    return of_pairs + sum(rows for code, rows in summary.changes.items() if code in CODES)


def posted(work: Callable[[Mapping[str, Any]], Response]) -> Any:
    """Return an endpoint that reads JSON and does the work in a thread: writing waits for the disk."""

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        try:
            given = json.loads(body) if len(body) <= _MOST_BYTES else None
        except ValueError:
            given = None
        if not isinstance(given, dict):
            return JSONResponse({"problem": "This request cannot be read."}, 400)
        return await run_in_threadpool(work, given)

    return endpoint


def address(path: str, **values: str | int) -> str:
    """Return a path with its query; values that are empty are left out."""
    given = {name: value for name, value in values.items() if value not in ("", None)}
    return f"{path}?{urlencode(given)}" if given else path


def number(values: Mapping[str, str], name: str, default: int) -> int:
    """Return a number of the address; ``default`` if it has none."""
    text = values.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else default
