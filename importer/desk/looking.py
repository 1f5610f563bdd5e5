"""The Look screen: what is valid but doubtful, pair by pair, with what a person says of it.

A verdict is a decision like all others. It changes and sends nothing: it says who looked, and what they found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from importer.desk.application import Desk, number, posted
from importer.desk.downloads import download
from importer.desk.findings import CODES, TODO, listed
from importer.desk.query import LOOKS, OF_FINDINGS, Term, parse, quoted
from importer.desk.reviewing import place, written
from importer.desk.table import PAGE_ROWS, RunTable, has
from importer.desk.view import Piece, RowView, apart, masker, name_for_query, notes_of, view
from importer.errors import UsageError
from importer.models.decisions import Change
from importer.models.findings import PAIRS, Finding, Verdict, info_of, verdicts_of

_UNASKED = "look:todo"
_MOST_GROUPS = 12
_MOST = 50_000
VERDICTS = {
    Verdict.SAME: ("Same person", "s"),
    Verdict.TWO: ("Two people", "t"),
    Verdict.RIGHT: ("It is right", "r"),
    Verdict.WRONG: ("It is wrong", "w"),
    Verdict.LEAVE: ("Leave it", "l"),
}
"""By verdict its words and its key; with shift the key is for all that is found."""


@dataclass(frozen=True, slots=True)
class Section:
    """A kind of finding at the left: its title, its count, and its groups, each with its text, query and count."""

    title: str
    query: str
    count: int
    groups: list[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class Line:
    """A finding as a line of the screen: the row, and beside it what it is compared with.

    Attributes:
        place: of the other row, as a query and in words; None if there is none.
        fields: name, phone and e-mail, each of the row and of what stands beside it, differing words marked.
    """

    row: RowView
    finding: str
    why: str
    place: tuple[str, str] | None
    fields: list[tuple[list[Piece], list[Piece]]]
    look: str
    who: str


class Looking:
    """The Look screen of a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the address that shows, that of a row, and the one that keeps verdicts if this desk decides."""
        shows = [Route("/look", self._shown), Route("/look/{position:int}", self._row)]
        if not self._desk.manner.is_masked:
            shows.append(Route("/look.csv", self._listed))
        if not self._desk.manner.decides:
            return shows
        return [*shows, Route("/look", posted(self._judge), methods=["POST"])]

    def _shown(self, request: Request) -> Response:
        _, table = self._desk.state()
        judged = table.judged()
        query = request.query_params.get("q", _UNASKED)
        problem = ""
        terms: tuple[Term, ...] = ()
        try:
            terms = parse(query)
        except UsageError as error:
            problem = str(error)
        found = matching(table, judged, terms)
        pages = max(1, -(-found.height // PAGE_ROWS))
        page = min(max(1, number(request.query_params, "page", 1)), pages)
        first = (page - 1) * PAGE_ROWS
        is_fragment = request.query_params.get("fragment") == "1"
        return self._desk.page(
            "look_found.html.j2" if is_fragment else "look.html.j2",
            screen="look",
            query=query,
            problem=problem,
            count=found.height,
            every=judged.height,
            first=first,
            page=page,
            pages=pages,
            lines=self._lines(table, found.slice(first, PAGE_ROWS)),
            sections=self._sections(judged),
            states=[(state, int((judged["look"] == state).sum())) for state in LOOKS],
            infos=[info_of(code) for code in found["finding"].unique(maintain_order=True)],
            offered=_offered(found["finding"].unique().to_list()),
            verdicts=VERDICTS,
            fits=verdicts_of,
            seq=self._desk.reviewing.seq,
        )

    def _listed(self, request: Request) -> Response:
        """Return the findings of a query as a CSV file: both rows, the verdict, and what people noted on the row."""
        _, table = self._desk.state()
        found = matching(table, table.judged(), parse(request.query_params.get("q", _UNASKED)))
        states = self._desk.reviewing.states(table)
        notes = [
            "; ".join(f"{note.who}: {note.text}" for note in notes_of(states.get(position), is_masked=False))
            for position in found["position"]
        ]
        return download(listed(found, table.page(found["position"].unique().sort()), notes), "look.csv")

    def _row(self, request: Request) -> Response:
        _, table = self._desk.state()
        own = table.judged().filter(pl.col("position") == request.path_params["position"])
        if own.is_empty():
            return HTMLResponse("", 404)
        lines = self._lines(table, own)
        infos = {line.finding: info_of(line.finding) for line in lines}
        return self._desk.page("look_row.html.j2", lines=lines, infos=infos, row=lines[0].row)

    def _sections(self, judged: pl.DataFrame) -> list[Section]:
        """Return what is not looked at yet, by kind and group, most findings first."""
        is_masked = self._desk.manner.is_masked
        left = judged.filter(pl.col("look") == TODO)
        counted = left.group_by("finding", "why").len().sort("len", "why", descending=[True, False])
        sections = []
        for code in CODES:
            own = counted.filter(pl.col("finding") == code)
            if own.is_empty():
                continue
            query = f"{_UNASKED} finding:{code}"
            groups = [
                (
                    _label(code, why, is_masked=is_masked),
                    f"{query} why:{name_for_query(why, is_masked=is_masked)}",
                    rows,
                )
                for why, rows in own.head(_MOST_GROUPS).select("why", "len").iter_rows()
            ]
            sections.append(Section(info_of(code).title, query, int(own["len"].sum()), groups))
        return sections

    def _lines(self, table: RunTable, found: pl.DataFrame) -> list[Line]:
        summary, _ = self._desk.state()
        is_masked = self._desk.manner.is_masked
        rows = {row["position"]: row for row in table.page(found["position"].unique().sort())}
        states = self._desk.reviewing.states(table)
        lines = []
        for each in found.iter_rows(named=True):
            row = rows[each["position"]]
            lines.append(
                Line(
                    row=view(row, summary, states.get(each["position"]), is_masked=is_masked),
                    finding=each["finding"],
                    why=each["note"],
                    place=_place_of(each, names_files=len(summary.sources) > 1),
                    fields=fields(row, each, is_masked=is_masked),
                    look=each["look"],
                    who=each["who"],
                )
            )
        return lines

    def _judge(self, given: Mapping[str, Any]) -> Response:
        """Keep a verdict on some findings, or on all that a query finds; the same verdict again takes it back."""
        _, table = self._desk.state()
        verdict = str(given.get("verdict", ""))
        if verdict not in list(Verdict):
            raise UsageError(f"There is no verdict {verdict}.")
        judged = table.judged()
        if "query" in given:
            found = matching(table, judged, parse(str(given["query"])))
            new: str | None = verdict
        else:
            is_own = (pl.col("position") == given.get("position")) & (pl.col("finding") == given.get("finding"))
            found = judged.filter(is_own)
            new = None if found["look"].to_list() == [verdict] else verdict
        if found.height > _MOST:
            raise UsageError(f"These are {found.height:,} findings, and {_MOST:,} can be judged at once.")
        codes = found["finding"].unique().to_list()
        if not codes or any(verdict not in verdicts_of(code) for code in codes):
            fitting = " or ".join(f"{VERDICTS[v][0]} ({VERDICTS[v][1]})" for v in _offered(codes))
            raise UsageError(f"That does not fit here: {fitting}." if codes else "Nothing is found to judge.")
        # What has this verdict in another run counts as looked at already.
        chosen = found.filter(pl.col("look") != verdict) if new else found
        rows = {row["position"]: row for row in table.page(chosen["position"].unique().sort())}
        pairs = list(chosen.select("position", "finding").iter_rows())
        before = self._desk.reviewing.overridden(table, [position for position, _ in pairs])
        changes = [Change(place(rows[position]), "look", new, code) for position, code in pairs]
        return written(self._desk.reviewing.decide(changes) if changes else [], before)


def matching(table: RunTable, judged: pl.DataFrame, terms: Sequence[Term]) -> pl.DataFrame:
    """Return the findings for which all terms hold: those of findings by the finding, all others by its row."""
    is_row = table.mask([term for term in terms if term.key not in OF_FINDINGS])
    found = judged.filter(is_row.gather(judged["position"]))
    for term in terms:
        if term.key in OF_FINDINGS:
            is_hit = has(found[term.key], term.value)
            found = found.filter(~is_hit if term.is_not else is_hit)
    return found


def fields(
    row: Mapping[str, Any], finding: Mapping[str, Any], *, is_masked: bool
) -> list[tuple[list[Piece], list[Piece]]]:
    """Return name, phone and e-mail of a row, each with what stands beside it; equal texts are shown once."""
    show = masker(is_masked=is_masked)
    of_phone = show.cell if finding["finding"] not in (*PAIRS, Finding.EMAIL.value) else show.phone
    texts = [
        (show.name(row["first_name"], row["last_name"]),
         show.name(finding["other_first_name"], finding["other_last_name"])),
        (show.phone(row["phone"]), of_phone(finding["other_phone"])),
        (show.email(row["email"]), show.email(finding["other_email"])),
    ]  # fmt: skip
    if is_masked:
        return [([Piece(own, False)], [Piece(other, False)]) for own, other in texts]
    return [([Piece(own, False)], []) if own == other or not other else apart(own, other) for own, other in texts]


def _place_of(finding: Mapping[str, Any], *, names_files: bool) -> tuple[str, str] | None:
    """Return the other row's place; the query is empty if it is a row of another run."""
    if finding["other_row"] is None:
        return None
    words = f"row {finding['other_row']:,}"
    if finding["other_run"] is not None:
        return "", f"{words} of run {finding['other_run']}"
    source = finding["other_source"]
    return f"row:{finding['other_row']} source:{quoted(source)}", f"{words} of {source}" if names_files else words


def _label(code: str, why: str, *, is_masked: bool) -> str:
    if code in PAIRS:
        return why
    show = masker(is_masked=is_masked)
    if code == Finding.EMAIL:
        return " → ".join(show.email(domain) for domain in why.split(" → "))
    return show.cell(why) or "(empty)"


def _offered(codes: Sequence[str]) -> list[Verdict]:
    """Return the verdicts that fit every one of these findings, in the order of the keys."""
    shared = set.intersection(*(set(verdicts_of(code)) for code in codes)) if codes else set()
    return [verdict for verdict in VERDICTS if verdict in shared]
