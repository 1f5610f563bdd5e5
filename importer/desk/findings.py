"""What of a run is worth a look: its findings, and its rows whose number is valid but doubtful.

A verdict on one is a decision of its run. The same finding in another run of the folder, in which neither row has
changed, is not offered again: it is known by what stands in both rows, in whatever order.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from importer.errors import ImporterError
from importer.models.decisions import Decision, Place, RowState
from importer.models.findings import FINDINGS, SUSPICIONS, Finding
from importer.reports.folder import REVIEW_FILE, phone_as_read, scan_rows
from importer.reports.review import scan_review
from importer.storage.decisions import FILE_NAME, Decisions
from importer.storage.run_folder import RunFolder, all_runs
from importer.storage.summary import Summary

CODES = (*(finding.value for finding in FINDINGS), *(code for code in SUSPICIONS if code.startswith("phone:")))
"""Every code of what is worth a look, in the order of the screen."""

TODO = "todo"
PERSON = ("phone", "first_name", "last_name", "email")
_PLACE = ("source", "sheet", "row")
_OTHER = ("other_run", *(f"other_{name}" for name in (*_PLACE, *PERSON)))
FRAME = {
    "position": pl.UInt32, **dict.fromkeys(("finding", "why", "note", *_OTHER), pl.String),
    "other_row": pl.UInt32, "content": pl.UInt64,
}  # fmt: skip
"""A finding: the row's position, its code, the group it belongs to, its own words, the other row, and a key of what
stands in both. ``other_run`` is null unless the other row is of an earlier run."""


_OWN = {"source": pl.String, "sheet": pl.String, "row": pl.UInt32, **dict.fromkeys(PERSON, pl.String)}
"""What is listed of a finding's own row."""


@dataclass(frozen=True, slots=True)
class Known:
    """A verdict that was given in another run."""

    verdict: str
    who: str
    run_id: str


class Findings:
    """The findings of one run; read when they are first asked for.

    Args:
        folder: the run's.
        summary: of the same rows.
    """

    def __init__(self, folder: Path, summary: Summary) -> None:
        self._folder = folder
        self._summary = summary
        self._frame: pl.DataFrame | None = None
        self._known: Mapping[tuple[str, int], Known] = {}

    @property
    def frame(self) -> pl.DataFrame:
        """Return ``FRAME``, by code in the order of the screen and by position."""
        if self._frame is None:
            found = read(self._folder, self._summary)
            if found.height:
                self._known = dict(_known(RunFolder(self._folder)))
            self._frame = found
        return self._frame

    def judged(self, states: Mapping[int, RowState]) -> pl.DataFrame:
        """Return the frame with ``look``, the verdict on each finding (``todo`` if there is none), and ``who``."""
        frame = self.frame
        keys = zip(frame["position"], frame["finding"], frame["content"], strict=True)
        looks = [self._verdict(states.get(position), code, content) for position, code, content in keys]
        return frame.with_columns(
            look=pl.Series([verdict for verdict, _ in looks], dtype=pl.String),
            who=pl.Series([who for _, who in looks], dtype=pl.String),
        )

    def _verdict(self, state: RowState | None, code: str, content: int) -> tuple[str, str]:
        """Return the verdict on a finding and who gave it."""
        if state is not None and code in state.verdicts:
            return state.verdicts[code], state.last.who
        known = self._known.get((code, content))
        return (known.verdict, f"{known.who}, run {known.run_id}") if known else (TODO, "")


def listed(judged: pl.DataFrame, rows: Sequence[Mapping[str, Any]], notes: Sequence[str]) -> pl.DataFrame:
    """Return findings as a table for people: the columns of ``review.csv``, the verdict, whose it is, and notes.

    Args:
        judged: findings with their verdicts, as ``Findings.judged``.
        rows: of ``RunTable.page``, those of the findings.
        notes: what people noted on the row of each finding.
    """
    kinds = {"position": pl.UInt32, **_OWN}
    own = pl.DataFrame([{name: row[name] for name in kinds} for row in rows], kinds)
    table = judged.drop("why").rename({"note": "why", "who": "verdict_by"})
    table = table.with_columns(
        verdict=pl.when(pl.col("look") != TODO).then("look"), notes=pl.Series(notes, dtype=pl.String)
    )
    columns = ["finding", "why", *_OWN, *_OTHER, "verdict", "verdict_by", "notes"]
    return table.join(own, on="position", how="left", maintain_order="left").select(columns)


def read(folder: Path, summary: Summary) -> pl.DataFrame:
    """Return ``FRAME`` of a run; no rows if nothing was found, or what was found is no longer there."""
    parts = [pl.DataFrame(schema=FRAME), *_pairs(folder, summary), *_doubtful(folder, summary)]
    found = pl.concat(parts)
    order = pl.Enum(CODES)
    return found.sort(pl.col("finding").cast(order), "position").with_columns(pl.col("finding").cast(pl.String))


def _pairs(folder: Path, summary: Summary) -> Iterator[pl.DataFrame]:
    """Yield the findings of ``review.parquet``."""
    if not summary.review or not (folder / REVIEW_FILE).is_file():
        return
    positions = scan_rows(folder).select("position", *_PLACE)
    is_email = pl.col("finding") == Finding.EMAIL.value
    domains = [pl.col(name).str.to_lowercase().str.extract("(@.+)$") for name in ("email", "other_email")]
    own, other = (pl.struct(pl.col(name).fill_null("") for name in names).hash(seed=16)
                  for names in (PERSON, [f"other_{name}" for name in PERSON]))  # fmt: skip
    found = scan_review(folder).join(positions, on=_PLACE, nulls_equal=True)
    yield found.select(
        "position",
        "finding",
        pl.when(is_email).then(pl.concat_str(*domains, separator=" → ")).otherwise("why").alias("why"),
        pl.when(is_email).then(pl.lit("perhaps mistyped")).otherwise("why").alias("note"),
        *_OTHER,
        content=own + other,  # the two may stand the other way round in the next run
    ).collect()


def _doubtful(folder: Path, summary: Summary) -> Iterator[pl.DataFrame]:
    """Yield the rows whose number is valid but doubtful, grouped by how it was written."""
    codes = [code for code in CODES if summary.changes.get(code)]
    rows = scan_rows(folder)
    cell = phone_as_read(summary, rows.collect_schema().names()).fill_null("")
    person = pl.struct(*(pl.col(name).fill_null("") for name in PERSON), cell.alias("cell"))
    for code in codes:
        is_own = pl.col("changes").str.split("; ").list.contains(code)
        yield (
            rows.filter(is_own)
            .select(
                "position",
                finding=pl.lit(code),
                why=cell.str.replace_all(r"[0-9]", "9").str.replace_all(r"\s+", " ").str.strip_chars(),
                note=pl.lit("read from"),
                **{name: (cell if name == "other_phone" else pl.lit(None, FRAME[name])) for name in _OTHER},
                content=person.hash(seed=16),
            )
            .collect()
        )


def _known(own: RunFolder) -> Iterator[tuple[tuple[str, int], Known]]:
    """Yield the verdicts of the other runs in the folder by code and content, the latest of each last."""
    found: list[tuple[datetime, tuple[str, int], Known]] = []
    for run in all_runs(own.path.parent):
        if run.run_id == own.run_id or not _has_verdicts(run.path):
            continue
        try:
            summary = run.summary()
            lines = _lines(Decisions(run.path))
            findings = None if summary is None else read(run.path, summary)
            places = None if findings is None else _places(run.path, findings)
        except (ImporterError, OSError, pl.exceptions.PolarsError):
            continue  # a damaged run of before is no fault of this one; its own commands report it
        if findings is None or places is None:
            continue
        for position, code, content in findings.select("position", "finding", "content").iter_rows():
            line = lines.get((places[position], code))
            if line is not None and line.now:
                found.append((line.at, (code, content), Known(line.now, line.who, run.run_id)))
    for _, key, known in sorted(found, key=lambda each: each[0]):
        yield key, known


def _has_verdicts(folder: Path) -> bool:
    try:
        return b'"act":"look"' in (folder / FILE_NAME).read_bytes()
    except OSError:
        return False


def _lines(decisions: Decisions) -> dict[tuple[Place, str], Decision]:
    """Return the last verdict on each finding, by its row and code."""
    return {
        (line.row, line.field or ""): line for line in decisions.since(0) if line.act == "look" and line.row is not None
    }


def _places(folder: Path, findings: pl.DataFrame) -> dict[int, Place]:
    is_own = pl.col("position").is_in(findings["position"].implode())
    rows = scan_rows(folder).filter(is_own).select("position", *_PLACE).collect()
    return {position: (source, sheet, row) for position, source, sheet, row in rows.iter_rows()}
