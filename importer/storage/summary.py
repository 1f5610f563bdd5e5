"""``summary.json``: a run's account in figures, for programs."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from importer.models.mappings import Mapping
from importer.models.outcomes import Reason
from importer.models.sources import EncodingGuess, LeftOut, Source, Unreadable
from importer.system.new_file import new_file

FILE_NAME = "summary.json"
SCHEMA_VERSION = 2
"""2: rows that wait to be sent are ``waiting``, no longer ``errored``."""


class SourceSummary(BaseModel):
    """One table of the run; ``rows`` is null if reading did not end."""

    model_config = ConfigDict(extra="forbid")

    file: str
    sha256: str
    format: str
    encoding: str | None
    encoding_guess: EncodingGuess | None = None
    delimiter: str | None
    left_out: list[LeftOut] = []
    sheet: str | None
    header_row: int | None
    rows: int | None
    size_bytes: int
    columns: list[str]
    mapping: dict[str, list[str]]
    notes: list[str]

    @classmethod
    def of(
        cls, source: Source, mapping: Mapping | None, rows: int | None, passed_over: str | None = None
    ) -> "SourceSummary":
        """Return the summary of a source; of one without ``mapping``, with the reason why it was ``passed_over``."""
        fields = {} if mapping is None else mapping.fields()
        return cls(
            file=source.file,
            sha256=source.sha256,
            format=source.format,
            encoding=source.encoding,
            encoding_guess=source.encoding_guess,
            delimiter=source.delimiter,
            left_out=list(source.left_out),
            sheet=source.sheet,
            header_row=source.header_row,
            rows=rows,
            size_bytes=source.size_bytes,
            columns=list(source.columns),
            mapping={field: list(columns) for field, columns in fields.items()},
            notes=[
                *source.notes,
                *((*mapping.remarks, *mapping.notes) if mapping else ()),
                *([passed_over.removeprefix(f"{source.place}: ")] if passed_over else ()),
            ],
        )


class ApiTotals(BaseModel):
    """The API's own counters, summed over the answers that settled a batch; ``sent`` counts contacts, not requests."""

    sent: int = 0
    imported: int = 0
    skipped: int = 0
    errors: int = 0


class BatchSummary(BaseModel):
    """One batch: its rows, its state, and the API's own counters; null if the API gave none.

    ``kept_back`` rows were not sent, because their number was suppressed after they were prepared.
    """

    number: int
    rows: int
    state: str
    imported: int | None = None
    skipped: int | None = None
    errors: int | None = None
    attempts: int = 0
    kept_back: int = 0
    note: str | None = None


class SuppressionList(BaseModel):
    """A list of numbers not to be sent, as it was read; ``unread`` entries are no valid numbers and suppress nothing.

    An earlier version kept no ``sha256`` and ``read_at``, and none of what has a default here.

    Attributes:
        written_at: when the file was last changed, as the disk says: its age is the time from then to ``read_at``.
        numbers: the different numbers that it suppresses.
        unread_rows: the rows of the first unread entries.
        hits: rows of the run that it kept back; several lists may have one number.
        kept: the file of the hashes of its numbers, in the run's folder.
    """

    file: str
    sha256: str | None = None
    read_at: str | None = None
    written_at: str | None = None
    entries: int
    unread: int
    numbers: int | None = None
    unread_rows: list[int] = []
    hits: int | None = None
    kept: str | None = None


class Suppression(BaseModel):
    """The lists of a run in both states, and what they kept back.

    Attributes:
        at_start: the lists as they were when the run began.
        last_read: the lists as they were when the run was last resumed, with those that were named only then.
        numbers: count of numbers that were ever on a list; none is sent, even if a list has lost it since.
        rows_at_start: rows kept back because their number was on a list when the run began.
        rows_since: rows kept back because their number was added afterwards.
        updates_since: rows whose contact was there and was not updated for the same reason.
    """

    at_start: list[SuppressionList]
    last_read: list[SuppressionList]
    numbers: int = 0
    rows_at_start: int = 0
    rows_since: int = 0
    updates_since: int = 0

    @model_validator(mode="before")
    @classmethod
    def _of_one_reading(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return ``values`` in the form of today: an earlier version kept one list, as it was when the run began."""
        return {"at_start": [values], "last_read": [values]} if "file" in values else values


class Attestation(BaseModel):
    """Somebody's word on the consent of the people in a list; ``at`` is when the run with it began."""

    text: str
    who: str
    at: str


class Approval(BaseModel):
    """Somebody's approval of a run's plan."""

    who: str
    at: str


class Approvals(BaseModel):
    """The approvals of a run's plan.

    Attributes:
        needed: how many different people have to approve it.
        started_by: who started the run; where two are needed, neither of them. None if an earlier version did not note
            it.
        given: those of the plan as it is now, one a person, the first one first.
    """

    needed: int
    started_by: str | None = None
    given: list[Approval] = []

    @property
    def missing(self) -> int:
        """Return how many people are still missing."""
        return max(0, self.needed - len(self.given))


class Gate(BaseModel):
    """A rule that was checked before anything was sent.

    Attributes:
        rule: its name in profiles and jobs; of a band, with the figure that it is about.
        is_open: whether it let the list through.
        seen: what was seen, in words, without anybody's data but the names of columns.
        usual: what is allowed, or usual.
    """

    rule: str
    is_open: bool
    seen: str
    usual: str


class Retried(BaseModel):
    """The ends of a run's errored rows in a later run that imported them corrected.

    Attributes:
        rows: rows of this run that the later one sent.
        imported: those of ``rows`` that were imported; the outcomes of this run itself stay as they were.
    """

    rows: int
    imported: int


class Origins(BaseModel):
    """The rows by where they came from, as a column of the list says.

    Attributes:
        column: such as "Lead source".
        values: by its values, the rows by reason; ``(empty)`` if a row has none.
    """

    column: str
    values: dict[str, dict[str, int]]


class Summary(BaseModel):
    """The whole run. ``imported + skipped + errored + unconfirmed + waiting + planned == rows`` if ``balanced``.

    ``unreadable`` are files that were left out (--skip-unreadable); no row of theirs is among the rows read.
    ``updated`` counts rows among the skipped and unconfirmed whose contact was there and was updated,
    ``present_before`` those ``skipped-by-api`` that were not sent, as the account's list had their number (--snapshot).
    ``approvals`` is null for a run that needs none, and before its plan is made.
    ``ended_at`` is when the books were closed last, ``version`` the program's; an earlier one told neither.
    ``schema_version`` grows where a field goes or means something else, not where one is added.
    """

    model_config = ConfigDict(extra="forbid")

    run_id: str
    status: Literal["complete", "incomplete", "refused", "dry-run"]
    exit_code: int
    stopped_because: str | None = None
    started_at: str
    ended_at: str | None = None
    version: str | None = None
    schema_version: int = 1
    target: str
    region: str | None
    rows: int
    imported: int = 0
    skipped: int = 0
    errored: int = 0
    unconfirmed: int = 0
    waiting: int = 0
    planned: int = 0
    updated: int = 0
    present_before: int = 0
    balanced: bool
    reasons: dict[str, dict[str, int]]
    changes: dict[str, int] = {}
    review: dict[str, int] = {}
    sources: list[SourceSummary]
    passed_over: list[SourceSummary] = []
    unreadable: list[Unreadable] = []
    api: ApiTotals = ApiTotals()
    batches: int = 0
    batch_list: list[BatchSummary] = []
    requests: int = 0
    seconds: dict[str, float]
    peak_memory_mb: float
    max_memory_mb: int | None = None
    files: list[str] = []
    suppression: Suppression | None = None
    attestation: Attestation | None = None
    approvals: Approvals | None = None
    job: str | None = None
    gates: list[Gate] = []
    retry_of: str | None = None
    retried: dict[str, Retried] = {}
    origins: Origins | None = None

    @model_validator(mode="after")
    def _of_today(self) -> Self:
        """Count those rows as waiting that an earlier version counted as errored: they were not sent."""
        errored = self.reasons.get("errored", {})
        if "waiting" in self.model_fields_set or Reason.NOT_SENT not in errored:
            return self
        self.waiting = errored.pop(Reason.NOT_SENT)
        self.errored -= self.waiting
        self.reasons["waiting"] = {Reason.NOT_SENT.value: self.waiting}
        if not errored:
            del self.reasons["errored"]
        return self

    def write(self, folder: Path, way_out: str) -> None:
        """Write ``summary.json`` into a run's folder, whole or not at all; ``way_out`` ends the text of an error."""
        with new_file(folder / FILE_NAME, way_out) as part:
            part.write_text(self.model_dump_json(indent=2) + "\n", "utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Summary":
        """Read the summary from a run's folder.

        Raises:
            OSError, ValueError: it is not there, cannot be read, or is damaged.
        """
        return cls.model_validate_json((folder / FILE_NAME).read_text("utf-8"))
