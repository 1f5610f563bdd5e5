"""The mapping of a table's columns to fields: from evidence, kept answers, ``--map`` and questions to a person."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from importer.errors import MappingError, UndecidedError
from importer.models.frames import BELOW_REFUSAL, RAW
from importer.models.mappings import SURE, Decision
from importer.models.mappings import Mapping as Columns
from importer.models.sources import Source
from importer.models.watching import Watch
from importer.pipeline.masking import examples
from importer.readers.sections import BELOW, BELOW_ABSENT, BELOW_OTHERS, meaning_of
from importer.settings.settings import Settings
from importer.stages.map import WORTH_ASKING, choose_mapping, unfit_columns
from importer.stages.map.asked import OF_WHAT
from importer.stages.map.consent_headers import names_refusal
from importer.stages.map.refusals import says_no, section_of_refusal
from importer.storage.kept_answers import Answers

_MOST_ASKED = 5
OF_REFUSING = (
    "Save them as a list of their own and give it with --suppress, name the other sheets with --sheet, or add "
    "--map consent= to import them nevertheless."
)
_NAMES = {"first_name", "last_name", "full_name"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a person: the column of a field.

    Attributes:
        source: the table.
        decision: the field, and the candidates with their points.
        examples: for each candidate, the shapes of some of its values.
    """

    source: Source
    decision: Decision
    examples: Mapping[str, tuple[str, ...]]


Ask = Callable[[Question], tuple[str, ...] | None]
"""Returns the columns that fill the field, none to leave it out, or None if nobody can answer."""


@dataclass(frozen=True, slots=True)
class Asking:
    """The ways in which a run settles columns that are not sure.

    Attributes:
        ask: asks a person; None if nobody can answer, and then the run is refused.
        is_typed: whether ``--map`` was typed for this run; if so, it is kept for the next list with the same header.
        forgets: whether answers kept for these headers are dropped.
        is_look: whether nothing is imported: then nothing is asked or kept, and doubts stay in the mapping.
        pinned: mappings that were decided before, by file and sheet; they are taken as they are.
    """

    ask: Ask | None = None
    is_typed: bool = False
    forgets: bool = False
    is_look: bool = False
    pinned: Mapping[tuple[str, str | None], Mapping[str, Sequence[str]]] = field(default_factory=dict)


class Mapper:
    """Maps the tables of one run, in order; collects what a person answered until ``keep`` writes it."""

    def __init__(self, settings: Settings, asking: Asking, watch: Watch) -> None:
        self._given = settings.map
        self._asking = asking
        self._watch = watch
        self._answers = Answers(settings.runs)
        self._said: list[tuple[Source, Mapping[str, Sequence[str]]]] = []

    @property
    def is_look(self) -> bool:
        """Return True if nothing is imported, so that nothing is asked or kept."""
        return self._asking.is_look

    def map(self, source: Source, rows: pl.DataFrame, is_one_of: int = 1) -> Columns:
        """Return the mapping of a table from its first ``rows``; its file has ``is_one_of`` tables.

        A sheet beside others is no list of contacts if no column is likely to hold phones: then nobody is asked.

        Raises:
            MappingError: no phone column, a column of ``--map`` is not there, or a sheet names people of another kind.
            UndecidedError: what is not sure was not answered.
        """
        if (pinned := self._asking.pinned.get((source.file, source.sheet))) is not None:
            # A run goes on with the columns it began with, whatever was answered for such a header since.
            return choose_mapping(source, rows, pinned, dict.fromkeys(pinned, "as the run began"))
        given, whence = self._known(source, rows)
        if given.get("consent") != () and (refusing := refusing_list(source, rows)) and not self.is_look:
            raise UndecidedError(f"{source.place}: {refusing} Nothing was sent. {OF_REFUSING}")
        if is_one_of > 1 and (others := other_people(source)):
            words = f'By its name it is a list of {others}; not imported. To import it, add --sheet "{source.sheet}".'
            self._note(source, words)
            raise MappingError(f"{source.place}: {words}")
        said: dict[str, Sequence[str]] = dict(self._given) if self._asking.is_typed else {}
        mapping = choose_mapping(source, rows, given, whence)
        if is_one_of > 1 and mapping.decisions[0].chosen[0].confidence < WORTH_ASKING:
            raise MappingError(f"{undecided(source, mapping.decisions[0])} The other sheets have no phone column.")
        while (doubts := mapping.doubts()) and not self._asking.is_look:
            doubt = doubts[0]
            answer = self._answer(source, doubt, rows)
            given = {**given, doubt.field: answer}
            said[doubt.field] = answer
            mapping = choose_mapping(source, rows, given, whence | dict.fromkeys(said, "as you answered"))
        self._said.append((source, said))
        for remark in mapping.remarks:
            self._note(source, remark)
        return mapping

    def keep(self, today: date) -> None:
        """Write what was answered or typed in this run, for lists with the same headers."""
        if not self._asking.is_look:
            self._answers.remember(self._said, today)

    def _known(self, source: Source, rows: pl.DataFrame) -> tuple[dict[str, Sequence[str]], dict[str, str]]:
        """Return the columns given for the table, and where kept answers come from.

        ``--map`` beats kept answers; an answer whose column no longer looks like its field is not used.
        """
        given: dict[str, Sequence[str]] = dict(self._given)
        if self._asking.forgets:
            self._answers.forget(source)
        before = self._answers.find(source)
        if before is None:
            return given, {}
        taken = {column for columns in given.values() for column in columns}
        kept: dict[str, Sequence[str]] = {
            name: columns
            for name, columns in before.map.items()
            if name not in given and taken.isdisjoint(columns) and not (name in _NAMES and _NAMES & given.keys())
        }
        whence = f"as you answered on {before.answered}"
        for name, unfit in unfit_columns(rows, kept).items():
            del kept[name]
            self._note(
                source,
                f"{_quoted(unfit)} does not look like {_noun(name)} any more; "
                f"what you answered on {before.answered} is not used.",
            )
        for name, columns in kept.items():
            taken_from = f"is taken from {_quoted(columns)}" if columns else "is left out"
            self._note(source, f"{_noun(name)} {taken_from}, {whence} (--map {name}=COLUMN beats it).")
        return given | kept, dict.fromkeys(kept, whence)

    def _note(self, source: Source, text: str) -> None:
        if not self._asking.is_look:
            self._watch.note(f"{source.place}: {text}")

    def _answer(self, source: Source, doubt: Decision, rows: pl.DataFrame) -> tuple[str, ...]:
        shown = {
            candidate.column: examples(rows[RAW + candidate.column].drop_nulls())
            for candidate in doubt.candidates()[:_MOST_ASKED]
        }
        answer = self._asking.ask(Question(source, doubt, shown)) if self._asking.ask else None
        if answer is None:
            raise UndecidedError(undecided(source, doubt))
        return answer


def refusing_list(source: Source, rows: pl.DataFrame) -> str | None:
    """Return a warning if a table, or a part below one of its lines, is named after people who said no; else None."""
    stem = source.file.rpartition("/")[2].rpartition(".")[0]
    if any(names_refusal(name) or says_no(name) for name in (source.sheet or "", stem)):
        return "By its name it is a list of people who are not to be contacted."
    if (section := section_of_refusal(rows)) is not None:
        return f"Row {section} is a line that names people below it who are not to be contacted."
    below = rows.filter(pl.col("problem") == BELOW_REFUSAL)["row"]
    return (
        None if below.is_empty() else f"From row {below[0]} on, a line above names people who are not to be contacted."
    )


def other_people(source: Source) -> str | None:
    """Say whose sheet it is by its name, if not that of the list's own people: ``Cancelled``; None if it may be."""
    meaning = meaning_of(source.sheet or "")
    return meaning.removeprefix(BELOW) if meaning in (BELOW_ABSENT, BELOW_OTHERS) else None


def undecided(source: Source, doubt: Decision) -> str:
    """Return the question that was not answered, with the options to type."""
    if doubt.field == "consent":
        return _undecided_consent(source, doubt)
    candidates = doubt.candidates()[:_MOST_ASKED]
    points = "; ".join(f'"{c.column}" has {c.confidence} of 100 points ({c.why})' for c in candidates)
    types = " or ".join(f'--map {doubt.field}="{candidate.column}"' for candidate in candidates)
    leave_out = "" if doubt.field == "phone" else f", or --map {doubt.field}= to leave it out"
    return (
        f"{source.place}: It is not sure which column holds {_noun(doubt.field)}: {points}. Nothing was sent. "
        f"Add {types}{leave_out}."
    )


def _undecided_consent(source: Source, doubt: Decision) -> str:
    """Return the same for consent, where the doubt is what a column means, not which column it is."""
    unsure = [candidate for candidate in doubt.chosen if candidate.confidence < SURE]
    why = "; ".join(f'"{candidate.column}" ({candidate.why})' for candidate in unsure)
    others = [candidate.column for candidate in doubt.chosen if candidate not in unsure]
    obeyed = f", or --map consent={_quoted(others[:1])} to obey that alone" if others else ""
    if any(candidate.why == OF_WHAT for candidate in unsure):
        obeyed += f", or --map consent={_quoted([unsure[0].column])} to obey it"
    return (
        f"{source.place}: It is not sure who said no: {why}. Nothing was sent. Write yes or no in the column, under a "
        f'header such as "SMS consent" or "Do not call"; or add --map consent= to leave consent out{obeyed}.'
    )


def _noun(field: str) -> str:
    nouns = {"phone": "the phone number", "email": "the e-mail address", "consent": "consent"}
    return nouns.get(field, f"the {field.replace('_', ' ')}")


def _quoted(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
