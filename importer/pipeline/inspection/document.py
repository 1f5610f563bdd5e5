"""The document that ``inspect --json`` prints: an inspection for programs, without anybody's data."""

from pydantic import BaseModel, ConfigDict

from importer.models.sources import Unreadable
from importer.pipeline.inspection.inspect import Inspection, TableProfile
from importer.pipeline.inspection.profiling import ColumnProfile
from importer.storage.summary import SourceSummary, SuppressionList


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Trouble(_Part):
    """What is wrong with so many values of a column, in words."""

    what: str
    values: int


class InspectedColumn(_Part):
    """A column.

    Attributes:
        fields: the contact fields that it fills; none: it travels as metadata.
        confidence, why: how sure the field is, 0 to 100 points; null if it fills none.
        filled: rows with a value, of all rows.
        distinct: different values in the first rows.
        examples: shapes of values, letters and digits masked but the first two of each.
    """

    name: str
    fields: list[str]
    confidence: int | None
    why: str | None
    filled: int
    distinct: int
    examples: list[str]
    troubles: list[Trouble]

    @classmethod
    def of(cls, column: ColumnProfile) -> "InspectedColumn":
        """Return a column's profile in this form."""
        return cls(
            name=column.name,
            fields=list(column.fields),
            confidence=column.choice.confidence if column.choice else None,
            why=column.choice.why if column.choice else None,
            filled=column.filled,
            distinct=column.distinct,
            examples=list(column.examples),
            troubles=[Trouble(what=what, values=values) for what, values in column.troubles],
        )


class ColumnChoice(_Part):
    """A column that fills a field, or could, with its points of 100."""

    column: str
    confidence: int
    why: str


class FieldChoice(_Part):
    """The columns taken for a field and those that could have been; ``is_sure`` is False where an import asks."""

    field: str
    is_sure: bool
    chosen: list[ColumnChoice]
    lost: list[ColumnChoice]


class InspectedTable(_Part):
    """A table: how it is read and mapped; ``sampled`` first rows are what examples and distinct values come from."""

    source: SourceSummary
    sampled: int
    columns: list[InspectedColumn]
    choices: list[FieldChoice]
    changes: dict[str, int]
    refusing: str | None

    @classmethod
    def of(cls, table: TableProfile) -> "InspectedTable":
        """Return a table's profile in this form; the words that an encoding was guessed by are left out."""
        source = SourceSummary.of(table.source, table.mapping, table.rows)
        return cls(
            source=source.model_copy(update={"encoding_guess": None}),
            sampled=table.sampled,
            columns=[InspectedColumn.of(column) for column in table.columns],
            choices=[FieldChoice.model_validate(decision) for decision in table.mapping.decisions],
            changes=table.changes,
            refusing=table.refusing,
        )


class PassedOver(_Part):
    """A table without a phone column."""

    file: str
    sheet: str | None
    why: str


class InspectionDocument(_Part):
    """What an import of the files would do.

    Attributes:
        rows: of all tables; ``ready`` of them would be sent.
        reasons: rows by outcome and reason.
        changes: how often each repair would be made.
        suggestion: a region that would make national numbers readable; null if none is needed or fits.
        requests: that sending takes; ``seconds`` is what they take at the run's own pace.
    """

    tables: list[InspectedTable]
    passed_over: list[PassedOver]
    unreadable: list[Unreadable]
    suppression: list[SuppressionList]
    rows: int
    ready: int
    reasons: dict[str, dict[str, int]]
    changes: dict[str, int]
    suggestion: str | None
    requests: int
    seconds: float

    @classmethod
    def of(cls, inspection: Inspection, requests: int, seconds: float) -> "InspectionDocument":
        """Return an inspection in this form, with what sending would take."""
        reasons: dict[str, dict[str, int]] = {}
        for (outcome, reason), rows in inspection.reasons.items():
            reasons.setdefault(outcome, {})[reason] = rows
        return cls(
            tables=[InspectedTable.of(table) for table in inspection.tables],
            passed_over=[
                PassedOver(file=source.file, sheet=source.sheet, why=why) for source, why in inspection.passed_over
            ],
            unreadable=list(inspection.unreadable),
            suppression=list(inspection.lists),
            rows=inspection.rows,
            ready=inspection.ready,
            reasons=reasons,
            changes=inspection.changes,
            suggestion=inspection.suggestion,
            requests=requests,
            seconds=seconds,
        )
