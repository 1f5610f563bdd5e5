"""The screens that show: Overview, All rows. Every one is whole without script."""

import polars as pl
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from importer.desk import overview
from importer.desk.application import Desk, number
from importer.desk.changing import called_wrong
from importer.desk.query import Term
from importer.desk.table import NOTED
from importer.desk.view import view
from importer.reports import conclusions as account
from importer.reports import flow
from importer.reports.folder import scan_rows
from importer.reports.origins import by_column, candidates
from importer.reports.origins import origins as inside

_FLOWS = {"wide": 900.0, "narrow": 360.0}


class Screens:
    """The screens of a desk on its run."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the address of each screen."""
        return [
            Route("/", self._overview),
            Route("/rows", self._rows),
            Route("/row/{position:int}", self._row),
        ]

    def _overview(self, request: Request) -> Response:
        summary, table = self._desk.state()
        columns = candidates(summary)
        by = request.query_params.get("by", "")
        rows = scan_rows(self._desk.folder.path)
        origins = by_column(rows, by) if by in columns else summary.origins or inside(rows, summary)
        reasons = account.reason_counts(summary)
        left = table.mask((Term("is", "todo"),))
        return self._desk.page(
            "overview.html.j2",
            screen="overview",
            tiles=overview.tiles(summary),
            reasons=reasons,
            pictures={kind: flow.draw(reasons, summary.present_before, width) for kind, width in _FLOWS.items()},
            groups=overview.groups(table.groups(left), is_masked=self._desk.manner.is_masked),
            group_count=table.groups(left).height,
            left=int(left.sum()),
            plan=overview.plan_of(self._desk.folder),
            moved=overview.moved(self._desk.folder) if request.query_params.get("plan") else None,
            looks=overview.looks(table.judged()),
            who=overview.who_did_what(self._desk.reviewing.since(0)),
            noted=int(table.mask((Term("is", NOTED),)).sum()),
            wrong=called_wrong(self._desk.reviewing, table),
            origins=origins,
            origin_lines=overview.source_lines(origins) if origins else [],
            origin_columns=columns,
            account=account,
        )

    def _rows(self, request: Request) -> Response:
        found = self._desk.found(request)
        selected = number(request.query_params, "row", -1)
        row = next((row for row in found.rows if row.position == selected), None)
        is_fragment = request.query_params.get("fragment") == "1"
        return self._desk.page(
            "rows_found.html.j2" if is_fragment else "rows.html.j2",
            screen="rows",
            found=found,
            row=row,
            query=request.query_params.get("q", ""),
        )

    def _row(self, request: Request) -> Response:
        summary, table = self._desk.state()
        position = request.path_params["position"]
        rows = table.page(pl.Series([position], dtype=pl.UInt32)) if position < table.rows else []
        if not rows:
            return HTMLResponse("", 404)
        state = self._desk.reviewing.states(table).get(position)
        return self._desk.page("row.html.j2", row=view(rows[0], summary, state, is_masked=self._desk.manner.is_masked))
