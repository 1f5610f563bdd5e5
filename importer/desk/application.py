"""Which address shows what. Every screen is whole without script; the script only saves waiting and clicks."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlencode

import polars as pl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from importer import __version__
from importer.desk import overview
from importer.desk.query import Term, parse, quoted, without
from importer.desk.table import PAGE_ROWS, RunTable
from importer.desk.view import RowView, change_of, view
from importer.errors import ImporterError
from importer.models.outcomes import Outcome
from importer.reports import conclusions as account
from importer.reports import flow, wording
from importer.reports.folder import ROWS_FILE, scan_rows
from importer.reports.origins import by_column, candidates
from importer.reports.origins import origins as inside
from importer.reports.templates import environment
from importer.storage.run_folder import RunFolder
from importer.storage.summary import Summary

_PAGES = Path(__file__).parent / "pages"
_FILES = {"desk.css": "text/css", "desk.js": "text/javascript", "desk.svg": "image/svg+xml"}
_FLOWS = {"wide": 900.0, "narrow": 360.0}


@dataclass(frozen=True, slots=True)
class Manner:
    """How the desk was started: whose decisions it writes, masked or not, and whether it writes any."""

    who: str
    is_masked: bool = False
    is_read_only: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: the page's rows, and where the page stands among all matches."""

    rows: list[RowView]
    count: int
    first: int
    page: int
    pages: int
    facets: dict[str, list[tuple[str, int]]]
    problem: str


class Desk:
    """The desk over one run's folder; its rows are read again if the run was gone on with meanwhile."""

    def __init__(self, folder: RunFolder, manner: Manner) -> None:
        self._folder = folder
        self._manner = manner
        self._lock = Lock()
        self._state: tuple[tuple[int, int], Summary, RunTable] | None = None
        self._templates = environment(_PAGES)
        self._stamp = hashlib.sha256(b"".join((_PAGES / name).read_bytes() for name in _FILES)).hexdigest()[:12]

    def application(self) -> Starlette:
        """Return the application: a route for each screen."""
        return Starlette(
            routes=[
                Route("/", self._overview),
                Route("/rows", self._rows),
                Route("/changes", self._changes),
                Route("/row/{position:int}", self._row),
                Route("/{name}", self._file),
            ],
            exception_handlers={ImporterError: self._refused},
        )

    def state(self) -> tuple[Summary, RunTable]:
        """Return the run's summary and rows as they are now."""
        status = (self._folder.path / ROWS_FILE).stat()
        stamp = (status.st_mtime_ns, status.st_ino)
        with self._lock:
            if self._state is None or self._state[0] != stamp:
                summary = Summary.read(self._folder.path)
                self._state = (stamp, summary, RunTable(self._folder.path, summary))
            return self._state[1:]

    def _overview(self, request: Request) -> Response:
        summary, table = self.state()
        columns = candidates(summary)
        by = request.query_params.get("by", "")
        rows = scan_rows(self._folder.path)
        origins = by_column(rows, by) if by in columns else summary.origins or inside(rows, summary)
        reasons = account.reason_counts(summary)
        return self._page(
            "overview.html.j2",
            screen="overview",
            tiles=overview.tiles(summary),
            reasons=reasons,
            pictures={kind: flow.draw(reasons, summary.present_before, width) for kind, width in _FLOWS.items()},
            groups=overview.groups(table, is_masked=self._manner.is_masked),
            group_count=table.groups().height,
            fixable=wording.to_fix(summary),
            origins=origins,
            origin_lines=overview.source_lines(origins) if origins else [],
            origin_columns=columns,
            account=account,
        )

    def _rows(self, request: Request) -> Response:
        found = self._found(request)
        selected = _number(request.query_params, "row", -1)
        row = next((row for row in found.rows if row.position == selected), None)
        fragment = request.query_params.get("fragment") == "1"
        query = request.query_params.get("q", "")
        return self._page(
            "rows_found.html.j2" if fragment else "rows.html.j2", screen="rows", found=found, row=row, query=query
        )

    def _found(self, request: Request) -> Found:
        """Return the page of rows that the address asks for; all rows, and what is wrong, if the query is."""
        summary, table = self.state()
        terms: tuple[Term, ...] = ()
        problem = ""
        try:
            terms = parse(request.query_params.get("q", ""))
        except ImporterError as error:
            problem = str(error)
        positions = table.matching(terms)
        pages = max(1, -(-len(positions) // PAGE_ROWS))
        page = min(max(1, _number(request.query_params, "page", 1)), pages)
        first = (page - 1) * PAGE_ROWS
        rows = [
            view(row, summary, is_masked=self._manner.is_masked)
            for row in table.page(positions[first : first + PAGE_ROWS])
        ]
        return Found(rows, len(positions), first, page, pages, table.facets(terms), problem)

    def _row(self, request: Request) -> Response:
        summary, table = self.state()
        position = request.path_params["position"]
        rows = table.page(pl.Series([position], dtype=pl.UInt32)) if position < table.rows else []
        if not rows:
            return HTMLResponse("", 404)
        return self._page("row.html.j2", row=view(rows[0], summary, is_masked=self._manner.is_masked))

    def _changes(self, request: Request) -> Response:
        summary, table = self.state()
        rules = table.rules()
        rule = request.query_params.get("rule") or (rules[0][0] if rules else "")
        terms = (Term("rule", rule),)
        positions = table.matching(terms) if rule else table.matching(())[:0]
        pages = max(1, -(-len(positions) // PAGE_ROWS))
        page = min(max(1, _number(request.query_params, "page", 1)), pages)
        found = table.page(positions[(page - 1) * PAGE_ROWS : page * PAGE_ROWS])
        field = rule.partition(":")[0]
        sources = {(source.file, source.sheet): source for source in summary.sources}
        changed = [
            (
                view(row, summary, is_masked=self._manner.is_masked),
                change_of(
                    row, field, sources.get((row["source"], row["sheet"])), is_masked=self._manner.is_masked
                ) if field in row else None,
            )
            for row in found
        ]  # fmt: skip
        return self._page(
            "changes.html.j2", screen="changes", rules=rules, rule=rule, changed=changed, count=len(positions),
            page=page, pages=pages, meaning=account.suspicion_of(rule),
        )  # fmt: skip

    def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _FILES:
            return HTMLResponse("There is no such page.", 404)
        return Response((_PAGES / name).read_bytes(), media_type=_FILES[name])

    async def _refused(self, request: Request, error: Exception) -> Response:  # noqa: ARG002 - starlette's signature
        return self._page("refused.html.j2", screen="", problem=str(error), status=409)

    def _page(self, name: str, status: int = 200, **values: Any) -> Response:
        summary, table = self.state()
        text = self._templates.get_template(name).render(
            summary=summary,
            wording=wording,
            manner=self._manner,
            total=table.rows,
            outcomes=[outcome.value for outcome in Outcome],
            address=_address,
            quoted=quoted,
            without=without,
            stamp=self._stamp,
            version=__version__,
            **values,
        )
        return HTMLResponse(text, status)


def _address(path: str, **values: str | int) -> str:
    """Return a path with its query; values that are empty are left out."""
    given = {name: value for name, value in values.items() if value not in ("", None)}
    return f"{path}?{urlencode(given)}" if given else path


def _number(values: Mapping[str, str], name: str, default: int) -> int:
    text = values.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else default
