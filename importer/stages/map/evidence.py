"""Evidence that a column fills a field: points from 0 to 100, by what its header says and what its values show.

The points are a table of two judgements. Nothing but both together is certain; a header with values that say nothing
against it stands; values alone are believed where they can hardly be anything else; what the header calls something
else is never taken without asking.
"""

from dataclasses import dataclass
from enum import Enum

from importer.models.mappings import Candidate
from importer.stages.map.headers import Header
from importer.stages.map.shapes import Shape


class Fit(Enum):
    """A column's values beside a field."""

    PLAIN = "its values fit"
    LIKELY = "its values may fit"
    PART = "some of its values fit"
    EMPTY = "no values"
    OTHER = "its values do not show it"
    AGAINST = "its values are something else"


class Says(Enum):
    """A column's header beside a field."""

    NAMED = "header"
    NOTHING = "values only"
    THING = "its header names something else"
    OTHER = "its header is not about the person's own"


_POINTS: dict[Says, dict[Fit, int]] = {
    Says.NAMED: {Fit.PLAIN: 98, Fit.LIKELY: 95, Fit.PART: 85, Fit.EMPTY: 80, Fit.OTHER: 70, Fit.AGAINST: 5},
    Says.NOTHING: {Fit.PLAIN: 85, Fit.LIKELY: 70, Fit.PART: 45},
    Says.THING: {Fit.PLAIN: 20},
    Says.OTHER: {Fit.PLAIN: 20, Fit.LIKELY: 20},
}
"""A pair that is not in the table is no evidence: 0 points."""

WORTH_ASKING = 35
"""Points from which on a column is worth a question where no better one fills the field."""

NEEDED = 20
"""Points from which on a column is worth a question as the phone's, without which there is no import."""

_ANSWERS = 0.9
"""Share of cells that say yes or no, from which on a column holds no names."""

NAME_FIELDS = ("first_name", "last_name", "full_name", "either")


@dataclass(frozen=True, slots=True)
class Column:
    """One column that nobody asked for by name: what its header says and what its values look like."""

    name: str
    header: Header
    shape: Shape

    @property
    def phone_cells(self) -> float:
        """Return how many cells look like phone numbers."""
        return self.shape.filled * max(self.shape.certain, self.shape.likely)

    def is_named(self, field: str) -> bool:
        """Return True if the header names the field; a word for any name names all of them."""
        return self.header.field == field or (self.header.field == "either" and field in NAME_FIELDS)

    def says(self, field: str) -> Says:
        """Return what the header says about the field."""
        if self.is_named(field):
            return Says.NAMED
        if self.header.field is not None or self.header.is_vetoed:
            return Says.OTHER
        return Says.THING if self.header.is_thing else Says.NOTHING


def weigh(column: Column, field: str, *, tells_regions: bool = False) -> Candidate:
    """Return how sure it is that the column fills the field; ``tells_regions``: most of its values name countries."""
    says = column.says(field)
    fit = _fit(column, field, tells_regions=tells_regions)
    points = _POINTS[says].get(fit, 0)
    if field == "consent" and fit is Fit.PART:
        # Never sure, however clear the header is: in up to four of ten cells the answer is not understood.
        points = min(points, 50)
    if says is Says.NOTHING and field in NAME_FIELDS:
        points = min(points, 66 if column.header.is_nameless else 50)
    if says is Says.NAMED:
        return Candidate(column.name, points, "header" if fit is Fit.EMPTY else f"header, {_seen(column, field, fit)}")
    return Candidate(column.name, points, f"{says.value}, {_seen(column, field, fit)}")


def is_contradicted(column: Column, field: str) -> bool:
    """Return True if the values are plainly something else than the field."""
    return _fit(column, field, tells_regions=field == "country") is Fit.AGAINST


def is_unfit(column: Column, field: str) -> bool:
    """Return True if the values do not show the field; of a name, which no values show, if they are something else."""
    fit = _fit(column, field, tells_regions=field == "country")
    return fit is Fit.AGAINST or (fit is Fit.OTHER and field not in NAME_FIELDS)


def _fit(column: Column, field: str, *, tells_regions: bool) -> Fit:  # noqa: PLR0911 - one return a field
    shape = column.shape
    if not shape.filled:
        return Fit.EMPTY
    if field == "phone":
        return _phone_fit(shape, is_named=column.is_named("phone"))
    if field == "email":
        return _email_fit(shape)
    if field == "country":
        return Fit.PLAIN if tells_regions else Fit.AGAINST
    if field == "consent":
        return Fit.PLAIN if shape.answers >= 0.9 else Fit.PART if shape.answers >= 0.6 else Fit.AGAINST
    if column.says(field) is Says.NOTHING:
        is_name = shape.words >= 0.9 and shape.several >= 0.6 and shape.distinct >= 0.3
        return Fit.PLAIN if is_name and shape.answers < 0.1 else Fit.OTHER
    if not column.is_named(field):
        return Fit.OTHER
    is_number = max(shape.certain, shape.emails, shape.likely) >= 0.6 or (shape.words < 0.2 and shape.figures >= 0.8)
    if is_number or shape.answers >= _ANSWERS:
        return Fit.AGAINST
    return Fit.PLAIN if shape.words >= 0.4 else Fit.OTHER


def _phone_fit(shape: Shape, *, is_named: bool) -> Fit:
    if not is_named:
        if shape.steps >= 0.5:
            return Fit.AGAINST
        if shape.certain >= 0.3 and shape.numbers >= 0.6:
            return Fit.PLAIN
        return Fit.LIKELY if shape.likely >= 0.9 else Fit.PART if shape.numbers >= 0.5 else Fit.OTHER
    is_email = shape.emails >= 0.5 and shape.numbers < 0.3
    is_flag = shape.answers >= 0.8 and shape.numbers == 0
    if is_email or is_flag or (shape.numbers < 0.1 and shape.words + shape.emails >= 0.7):
        return Fit.AGAINST
    return Fit.PLAIN if shape.numbers >= 0.5 else Fit.PART if shape.numbers >= 0.2 else Fit.OTHER


def _email_fit(shape: Shape) -> Fit:
    if shape.emails >= 0.6:
        return Fit.PLAIN
    if shape.emails >= 0.2:
        return Fit.PART
    return Fit.AGAINST if max(shape.numbers, shape.words) >= 0.5 else Fit.OTHER


def _seen(column: Column, field: str, fit: Fit) -> str:
    """Return what the values show, in figures if there are some."""
    shape = column.shape
    share, noun = {
        "phone": (shape.numbers, "phone numbers"),
        "email": (shape.emails, "e-mail addresses"),
        "consent": (shape.answers, "yes or no"),
    }.get(field, (0.0, ""))
    return f"{share:.0%} of values look like {noun}" if noun and fit is not Fit.EMPTY else fit.value
