"""Texts with the ways to read them, and what was read: what the steps of this folder hand on to each other."""

from dataclasses import dataclass, field

from importer.stages.phones.automaton import UInts
from importer.stages.phones.shapes import Facts, Ints, WayTable
from importer.stages.phones.spellings import Spellings


@dataclass(frozen=True, slots=True)
class Candidates:
    """Texts with a way to read each.

    Attributes:
        rows: their places in ``spelled``.
        ways: the places of the ways in ``table``.
        regions: where each was written, a place in ``REGIONS`` or ``NOWHERE``.
    """

    spelled: Spellings
    table: WayTable
    rows: Ints
    ways: Ints
    regions: Ints


@dataclass(frozen=True, slots=True)
class Readings:
    """The candidates as they were read, a column for each fact.

    Attributes:
        e164: the number without its plus; 0 where it is not valid.
        fault: a place in ``FAULTS``, or -1.
        code: the calling code; 0 where none was found.
        traits: ``traits.Traits`` of the valid ones.
        rules: bits of ``repairs.RULES``.
        asked: the candidates that ``phonenumbers`` itself read.
        extensions: those that only it found, by candidate.
    """

    e164: UInts
    fault: Facts
    code: Facts
    traits: Facts
    rules: Facts
    asked: list[int] = field(default_factory=list)
    extensions: dict[int, str] = field(default_factory=dict)
