"""The mapping from columns to contact fields, with the confidence of each choice."""

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Literal

NAMES = ("first_name", "last_name", "full_name")
"""The fields of a person's name."""
SURE = 65
"""Confidence, 0 to 100 points, from which a column fills a field without a question to the user.

Before changing it, run ``python -m tests.quality.header_mapping``: it counts right, asked and wrong answers.
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A column that may fill a field, with its confidence (0 to 100 points) and the reason in a few words."""

    column: str
    confidence: int
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The choice for one field: the columns ``chosen`` and the candidates that ``lost``, each with the best first."""

    field: str
    chosen: tuple[Candidate, ...]
    lost: tuple[Candidate, ...] = ()

    @property
    def is_sure(self) -> bool:
        """Return True if every chosen column has at least ``SURE`` points, so that the user need not be asked."""
        return all(candidate.confidence >= SURE for candidate in self.chosen)

    def candidates(self) -> tuple[Candidate, ...]:
        """Return all columns that may fill the field, the best first."""
        return self.chosen + self.lost


@dataclass(frozen=True, slots=True)
class Beside:
    """A column that qualifies the numbers in another column.

    Attributes:
        column: its name.
        phone: the phone column.
        role: ``code``: the country's calling code; ``area``: the area code, to prefix a number that lacks it;
            ``either``: calling or area code, undecided by the digits alone; ``label``: the kind of line;
            ``country``: the country of this number only; ``extension``: dialled after the number, never part of it.
    """

    column: str
    phone: str
    role: Literal["code", "area", "either", "label", "country", "extension"]


@dataclass(frozen=True, slots=True)
class Mapping:
    """The columns of one source that fill the fields of a contact.

    Attributes:
        first_name, last_name, full_name, email, country: a column's name, or None.
        phones: the phone columns, first choice first; at least one.
        consent: the columns that hold a person's consent or refusal.
        told: columns whose text may hold a refusal: phones, names, statuses and remarks.
        others: further columns of single-column fields, in order, for rows in which the earlier ones are empty; the
            n-th first name belongs to the n-th last name.
        beside: the columns that qualify phone columns.
        parents: the columns that are empty in a continuation row of the person above; () if there are no such rows.
        metadata: the columns that are sent as metadata, in file order.
        remarks: columns that were left out although they may matter, one sentence each, for people.
        notes: the reasons of the choices, one sentence each, for people.
        decisions: the choice and its confidence, one for each field that a column fills or could fill.
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
        """Return the decisions that the user should make; empty if all are sure."""
        return tuple(decision for decision in self.decisions if not decision.is_sure)

    def names(self) -> tuple[str, ...]:
        """Return the columns that hold names."""
        fields = self.fields()
        return tuple(column for name in NAMES for column in fields.get(name, ()))

    def fields(self) -> dict[str, tuple[str, ...]]:
        """Return the contact fields with their columns, without metadata and without fields that have none."""
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
