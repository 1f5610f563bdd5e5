"""Which columns fill which fields, and how sure that is."""

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Literal

NAMES = ("first_name", "last_name", "full_name")
"""The fields of a person's name."""
SURE = 65
"""Points of 100 from which on a column fills a field without anybody being asked.

``python -m tests.quality.header_mapping`` shows what is understood, asked and got wrong with it.
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A column that may fill a field: how sure that is, 0 to 100 points, and why, in a few words."""

    column: str
    confidence: int
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """How one field got its columns: those ``chosen``, and those that ``lost``, the best first."""

    field: str
    chosen: tuple[Candidate, ...]
    lost: tuple[Candidate, ...] = ()

    @property
    def is_sure(self) -> bool:
        """Whether nobody need be asked."""
        return all(candidate.confidence >= SURE for candidate in self.chosen)

    def candidates(self) -> tuple[Candidate, ...]:
        """All columns that may fill the field, the best first."""
        return self.chosen + self.lost


@dataclass(frozen=True, slots=True)
class Beside:
    """A column that says something of the numbers in another one.

    Attributes:
        column: its name.
        phone: the phone column.
        role: ``code``: the country's calling code; ``area``: the area code, in front of a number without it;
            ``either``: one of these two, which bare digits do not tell; ``label``: what kind of line it is;
            ``country``: the country of this number, not of the others; ``extension``: what is dialled behind it, which
            is never a part of it.
    """

    column: str
    phone: str
    role: Literal["code", "area", "either", "label", "country", "extension"]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which column of one source fills which field of a contact.

    Attributes:
        first_name, last_name, full_name, email, country: a column's name, or None.
        phones: the phone columns in the order in which they are tried; at least one.
        consent: the columns that tell whether a person may be contacted.
        told: columns whose words may say that somebody is not to be contacted: of phones, names, statuses and remarks.
        others: for fields of one column, further ones in their order, for the rows in which those before are empty;
            the n-th first name goes with the n-th last name.
        beside: the columns that qualify phone columns.
        parents: the columns that are empty in a further line of the person above; none if there are no such lines.
        metadata: the columns that travel as metadata, in file order.
        remarks: what was not used although it may count, one sentence each, for people.
        notes: why it was decided so, one sentence each, for people.
        decisions: how sure that is, one for each field that a column fills or could fill.
    """

    phones: tuple[str, ...]
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    email: str | None = None
    country: str | None = None
    consent: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    others: Table[str, tuple[str, ...]] = field(default_factory=dict)
    beside: tuple[Beside, ...] = ()
    parents: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()

    def doubts(self) -> tuple[Decision, ...]:
        """The decisions that a person should make."""
        return tuple(decision for decision in self.decisions if not decision.is_sure)

    def names(self) -> tuple[str, ...]:
        """The columns of names."""
        fields = self.fields()
        return tuple(column for name in NAMES for column in fields.get(name, ()))

    def fields(self) -> dict[str, tuple[str, ...]]:
        """The contact fields that have columns, each with its columns; metadata left out."""
        single = {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "full_name": self.full_name,
            "email": self.email,
            "country": self.country,
        }
        several = {"phone": self.phones} | ({"consent": self.consent} if self.consent else {})
        ones = {name: () if column is None else (column,) for name, column in single.items()}
        return several | {name: all_ for name, one in ones.items() if (all_ := one + self.others.get(name, ()))}
