"""The columns that tell whether a person may be contacted, and how sure that is."""

from collections.abc import Mapping as Given
from collections.abc import Sequence
from dataclasses import replace

from importer.models.mappings import SURE, Candidate
from importer.stages.map.consent_headers import Asks, Way, asks, is_about_else, says_how_it_stands
from importer.stages.map.evidence import Column, weigh
from importer.stages.map.ranking import quoted
from importer.stages.map.shapes import Shape

_UNSURE = SURE - 5
_UNDERSTOOD = 0.6
"""Share of the values that must say yes, no or that nothing is known, for a column to be understood."""
OF_WHAT = "whether it speaks of calls and messages is not sure"
"""Why a column such as ``Subscribed`` is asked about: what it says is plain, who names it has it obeyed."""
_FLAG = 0.9
"""Share of such cells for a column whose header may name something else."""
_SINCE = "header, its dates say since when"
_WORDS = 0.3
"""Share of values in letters from which on values that are not understood may be a no."""


def consents(columns: Sequence[Column]) -> tuple[Candidate, ...]:
    """Return the columns of consent; of those that are not sure only the first one, which the user is asked about."""
    weighed = [(column, _weighed(column)) for column in map(_settled, columns) if column.header.field == "consent"]
    unsure = [candidate for _, candidate in weighed if candidate is not None and candidate.confidence < SURE]
    sure = [candidate for _, candidate in weighed if candidate is not None and candidate.confidence >= SURE]
    # One question at a time; the answer decides whether the next one is asked.
    return tuple(unsure[:1] + sure) if unsure else tuple(sure)


def _settled(column: Column) -> Column:
    """Return the column as one of consent where its header leaves that open and its values are yes and no."""
    asked, shape = asks(column.name), column.shape
    is_flag = asked is not None and asked.is_weak and shape.answers >= _FLAG and shape.numbers == 0
    return replace(column, header=replace(column.header, field="consent")) if is_flag else column


def _weighed(column: Column) -> Candidate | None:
    """Return how sure it is that a column is to be obeyed; None if it holds no answers, or only about a product."""
    asked, shape = asks(column.name), column.shape
    candidate = weigh(column, "consent")
    if asked is None or not shape.filled:
        return candidate
    if shape.dates >= _UNDERSTOOD > shape.answers and asked.way is not Way.AGREES and not asked.is_status:
        is_sure = asked.way is Way.REFUSES
        return Candidate(column.name, SURE if is_sure else _UNSURE, _SINCE if is_sure else asked.way.value)
    if asked.is_status and not (asked.is_bare and shape.answers >= _UNDERSTOOD):
        return candidate if shape.telling else None
    if shape.answers < _UNDERSTOOD and (shape.words < _WORDS or shape.dates >= _UNDERSTOOD):
        return None
    why = _doubt(asked, shape)
    return Candidate(column.name, _UNSURE, why) if why else candidate


def _doubt(asked: Asks, shape: Shape) -> str | None:
    """Return why it is not sure what a column says; None if it is sure."""
    if shape.answers < _UNDERSTOOD:
        return "its values are not understood as yes or no"
    if asked.is_bare and shape.telling < _UNDERSTOOD:
        return OF_WHAT
    is_open = asked.way is Way.UNSURE and shape.answers > shape.telling
    return asked.way.value if is_open else None


def judged(given: Given[str, tuple[Candidate, ...]], columns: Sequence[Column]) -> tuple[Candidate, ...]:
    """Return the columns that the user named for consent; unsure if their values are not understood.

    Who answered a question about them has seen their values: that stands.
    """
    by_name = {column.name: column for column in columns}
    return tuple(_judged(candidate, by_name[candidate.column]) for candidate in given["consent"])


def _judged(candidate: Candidate, column: Column) -> Candidate:
    shape = column.shape
    # An answer to a question about this column stands: whoever gave it was shown the values.
    if candidate.why != "--map" or not shape.filled or (says_how_it_stands(column.name) and shape.telling):
        return candidate
    asked = asks(column.name)
    if shape.answers < _UNDERSTOOD and not shape.telling:
        return replace(candidate, confidence=_UNSURE, why="its values are not understood as yes or no")
    if (asked is None or asked.way is Way.UNSURE) and shape.answers > shape.telling:
        return replace(candidate, confidence=_UNSURE, why=Way.UNSURE.value)
    return candidate


def remark_on_consent(columns: Sequence[Column], obeyed: Sequence[str], remarks: list[str]) -> None:
    """Say which columns that look like consent are not obeyed, and why."""
    rest = [column for column in columns if column.name not in obeyed and column.shape.filled]
    if elsewhere := [
        column.name for column in rest if is_about_else(column.name) and column.shape.answers >= _UNDERSTOOD
    ]:
        remarks.append(
            f"{quoted(elsewhere[:5])}: consent to something else than calls and messages; it stops no row. "
            f'If it is for calls as well, add --map consent="{elsewhere[0]}".'
        )
    for column in rest:
        is_answered = column.shape.answers >= _FLAG and column.shape.numbers == 0
        if asks(column.name) is not None and not (column.header.field == "consent" and is_answered):
            remarks.append(
                f'"{column.name}" may be about consent, but its values do not say yes or no: it is not obeyed. '
                "Write yes or no in it if it is."
            )
        elif is_answered and column.header.is_answered:
            remarks.append(
                f'"{column.name}" holds yes and no and is not obeyed; if that is consent, call it "SMS consent".'
            )
