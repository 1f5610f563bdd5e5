"""Readings: what the digits so far leave open, and the answer if the number ends there.

A reading is a value: equal readings go on alike, whatever digits led to them. So it never knows where in a text it
started, and counts from there: what is left of a number is told by how many of its last digits it has.
"""

from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from importer.stages.phones import numbering_plans as numbering
from importer.stages.phones import patterns, traits
from importer.stages.phones.libphonenumber import Fault
from importer.stages.phones.numbering_plans import Cut, Plan, Strips
from importer.stages.phones.patterns import Path, State
from importer.stages.phones.traits import Traits


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for every number that is read like this one.

    Attributes:
        number: how the E.164 number is made; None where it is not valid.
        fault: why it is not.
        code: the calling code, where one was found.
        doubt: the answer of a careful person, where ``phonenumbers`` does not look twice.
        traits: what else is known of a valid number.
    """

    number: "NumberRecipe | None"
    fault: Fault | None
    code: str | None
    doubt: "Answer | None" = None
    traits: Traits = Traits.NONE


class NumberRecipe(NamedTuple):
    """An E.164 number: ``lead``, then digits from ``first`` to ``last``, then ``tail``; all counted from the end."""

    lead: str
    first: int
    last: int
    tail: int

    @property
    def size(self) -> int:
        """Return how many digits the number has."""
        return len(self.lead) + self.first - self.last + self.tail


class Undecided(Exception):  # noqa: N818 - no error: the question goes on to ``phonenumbers``
    """Only ``phonenumbers`` knows the answer."""


class National(NamedTuple):
    """The digits behind a calling code, or a number that was written without one.

    Attributes:
        plan: whose national prefix and lengths are asked.
        size: digits that were read.
        whole: it as it stands.
        strips: ways through the national prefix.
        cut, stripped: it without the national prefix, where that ended.
    """

    plan: Plan
    size: int
    whole: State
    strips: Strips
    cut: Cut | None = None
    stripped: State | None = None

    @classmethod
    def begun(cls, plan: Plan) -> "National":
        """Return the reading before the first digit."""
        strips, end = numbering.begun(plan)
        return cls(plan, 0, plan.language, strips, *(end.cut(plan, 0) if end else ()))

    def after(self, digit: str) -> "National":
        """Return the reading after a digit."""
        plan, size, whole, strips, cut, stripped = self
        size += 1
        if stripped:
            stripped = stripped.after(digit)
        if strips:
            strips, end = numbering.advanced(plan, strips, digit, size)
            if end:
                cut, stripped = end.cut(plan, size)
        return National(plan, size, whole.after(digit), strips, cut, stripped)

    def alike(self, digit: str) -> int:
        """Return the digits that lead to the same reading as this one, a bit for each."""
        if self.strips:
            return 1 << int(digit)
        return self.whole.alike(digit) & (self.stripped.alike(digit) if self.stripped else patterns.ANY_DIGIT)

    def answer(self) -> Answer:
        """Return the answer if the number ends here."""
        code = self.plan.code
        cut, state = self._significant()
        size = cut.size(self.size) - len(code)
        if size < numbering.MIN_DIGITS:
            return Answer(None, Fault.TOO_SHORT, None)
        if size > numbering.MAX_DIGITS:
            return Answer(None, Fault.TOO_LONG, None)
        if numbering.is_valid(code, state, size):
            number = NumberRecipe(cut.lead, *(self.size - place for place in cut[1:]))
            return Answer(number, None, code, _without_area(code, size), traits.traits(code, state, size))
        return Answer(None, Plan.of_code(code).fault(size), code)

    def _significant(self) -> tuple[Cut, State]:
        """Return the number without national prefix if that leaves a length that numbers may have; else all of it."""
        plan = self.plan
        whole = Cut(plan.code, 0, 0, 0), self.whole
        end = numbering.ended(self.strips)
        cut, state = end.cut(plan, self.size) if end else (self.cut, self.stripped)
        if self.size < numbering.MIN_DIGITS or cut is None or state is None:
            return whole
        if plan.is_general(self.whole) and not plan.is_general(state):
            return whole
        size = cut.size(self.size) - len(plan.code)
        is_usual = size in plan.lengths and size not in plan.local_lengths
        return (cut, state) if is_usual or plan.is_too_long(size) else whole


class Abroad(NamedTuple):
    """A calling code that is not complete, and how many digits were read."""

    digits: str = ""
    size: int = 0

    @property
    def is_none(self) -> bool:
        """Return True if it will never be a calling code: none has four digits, and none starts with a 0."""
        return self.digits[:1] == "0" or self.size >= 3

    def after(self, digit: str) -> "Abroad | National":
        """Return the reading after a digit."""
        digits = self.digits if self.is_none else self.digits + digit
        if not self.is_none and numbering.is_code(digits):
            return National.begun(Plan.of_code(digits))
        return Abroad(digits, self.size + 1)

    def alike(self, digit: str) -> int:
        """Return the digits that lead to the same reading as this one, a bit for each."""
        return patterns.ANY_DIGIT if self.is_none else 1 << int(digit)

    def answer(self) -> Answer:
        """Return the answer if the number ends here."""
        is_too_short = self.size <= numbering.MIN_DIGITS
        return Answer(None, Fault.TOO_SHORT if is_too_short else Fault.UNKNOWN_CODE, None)


class Coded(NamedTuple):
    """Digits that start with the region's own calling code, though without plus.

    Attributes:
        plan: the region's.
        missing: what of the calling code is not read yet.
        whole: what follows it.
        strips: ways through the region's national prefix after the code.
        stripped: what follows that.
        is_replaced: whether that is more than a part of what was written.
    """

    plan: Plan
    missing: str
    whole: National | None = None
    strips: Strips = ()
    stripped: National | None = None
    is_replaced: bool = False

    def after(self, digit: str) -> "Coded | None":
        """Return the reading after a digit; None if it is not the code's."""
        plan, whole = self.plan, self.whole
        if whole is not None:
            strips, end = numbering.advanced(plan, self.strips, digit, whole.size + 1) if self.strips else ((), None)
            stripped = self.stripped and self.stripped.after(digit)
            return Coded(plan, "", whole.after(digit), strips, stripped, self.is_replaced).ended_by(end)
        if digit != self.missing[0]:
            return None
        if len(self.missing) > 1:
            return Coded(plan, self.missing[1:])
        strips, end = numbering.begun(plan)
        return Coded(plan, "", National.begun(Plan.of_code(plan.code)), strips).ended_by(end)

    def ended_by(self, strip: numbering.Strip | None) -> "Coded":
        """Return the reading with a national prefix that ends here; the same one if ``strip`` is None."""
        if strip is None:
            return self
        begun = National.begun(Plan.of_code(self.plan.code))
        return self._replace(stripped=begun, is_replaced=strip.group is not None)

    def better(self, national: National) -> National | None:
        """Return what follows the code if that makes a number of what is none or is too long; else None.

        Raises:
            Undecided: the rest is no part of what was written.
        """
        plan = self.plan
        if self.whole is None:
            return None
        ended = self.ended_by(numbering.ended(self.strips))
        # Such a number is not made of the digits as written, and a reading can only point into these.
        if ended.is_replaced:
            raise Undecided
        rest, stripped = self.whole, ended.stripped
        if stripped and not (plan.is_general(rest.whole) and not plan.is_general(stripped.whole)):
            rest = stripped
        is_better = plan.is_general(rest.whole) and not plan.is_general(national.whole)
        return rest if is_better or plan.is_too_long(national.size) else None


class Home(NamedTuple):
    """A number written without plus in a region, while it is open whether it has a calling code.

    Attributes:
        is_foreign: whether it must turn out to have one, because there was a plus after all.
        prefixes: ways through the region's prefix for calls abroad.
        dialled: what follows that.
        coded: it as one that starts with the region's own calling code.
        national: it as a national number.
    """

    is_foreign: bool
    prefixes: tuple[Path, ...]
    dialled: Abroad | National | None
    coded: Coded | None
    national: National

    @classmethod
    def begun(cls, region: str, *, is_foreign: bool) -> "Home":
        """Return the reading before the first digit."""
        plan = Plan.of(region)
        return cls(is_foreign, plan.idd, None, Coded(plan, plan.code), National.begun(plan))

    def after(self, digit: str) -> "Reading":
        """Return the reading after a digit."""
        dialled = self.dialled and self.dialled.after(digit)
        prefixes: dict[Path, None] = {}
        for path in chain.from_iterable(patterns.after(prefix, digit) for prefix in self.prefixes):
            if path.is_end:
                dialled = Abroad()
                break
            prefixes[path] = None
        if not prefixes and dialled and dialled.size:
            # As in phonenumbers: a 0 follows no prefix for calls abroad, so these digits were none.
            if not (isinstance(dialled, Abroad) and dialled.digits == "0"):
                return dialled
            dialled = None
        coded = self.coded and self.coded.after(digit)
        national = self.national.after(digit)
        if not (prefixes or dialled or coded or self.is_foreign):
            return national
        return Home(self.is_foreign, tuple(prefixes), dialled, coded, national)

    def alike(self, digit: str) -> int:
        """Return the bit of this digit alone: while so much is open, no other leads to the same reading."""
        return 1 << int(digit)

    def answer(self) -> Answer:
        """Return the answer if the number ends here.

        Raises:
            Undecided: only ``phonenumbers`` knows it.
        """
        dialled = self.dialled
        if dialled and not (isinstance(dialled, Abroad) and dialled.digits[:1] == "0"):
            return dialled.answer()
        if self.coded and (better := self.coded.better(self.national)):
            return better.answer()
        if self.is_foreign:
            return Answer(None, Fault.UNKNOWN_CODE, None)
        answer = self.national.answer()
        return replace(answer, doubt=answer.doubt or self._doubt(answer))

    def _doubt(self, answer: Answer) -> Answer | None:
        """Return the better of two readings if the digits are valid with and without a country's code; else None."""
        plan, size = self.national.plan, self.national.size
        if self.coded is None or self.coded.whole is None or answer.number != NumberRecipe(plan.code, size, size, size):
            return None
        rest = self.coded.whole
        coded = rest.answer()
        if coded.number is None:
            return None
        of_whole = numbering.kinds_of(plan.name, self.national.whole, rest.size + len(plan.code))
        of_rest = numbering.kinds_of(plan.name, rest.whole, rest.size)
        if numbering.is_clearly_coded(plan, of_whole, of_rest, rest.size):
            return coded
        return Answer(None, Fault.TWO_READINGS, plan.code)


def _without_area(code: str, size: int) -> Answer | None:
    """Return a careful person's answer to seven digits of North America, half a number; None for others."""
    return Answer(None, Fault.NO_AREA_CODE, code) if code == "1" and size == numbering.LOCAL_SIZE else None


Reading = Home | Abroad | National
