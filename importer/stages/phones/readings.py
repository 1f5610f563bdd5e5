"""What the digits so far leave open, and what they turn out to be.

A reading is a value: equal readings go on alike, whatever digits led to them. ``at`` is how many digits were read.
"""

from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from importer.stages.phones import numbering, patterns
from importer.stages.phones.numbering import Cut, Plan, Strips
from importer.stages.phones.oracle import Fault
from importer.stages.phones.patterns import Path, State


@dataclass(frozen=True, slots=True)
class Answer:
    """What holds for every number that is read like this one.

    Attributes:
        cut: how the E.164 number is made; None where the number is not valid.
        fault: why it is not.
        code: the calling code, where one was found.
        doubt: the answer of a careful person, where ``phonenumbers`` does not look twice.
    """

    cut: Cut | None
    fault: Fault | None
    code: str | None
    doubt: "Answer | None" = None


class Undecided(Exception):  # noqa: N818 - no error: the question goes on to ``phonenumbers``
    """Only ``phonenumbers`` knows the answer."""


class National(NamedTuple):
    """What follows a calling code, or was written without one.

    Attributes:
        plan: whose national prefix and lengths are asked.
        begin: where it starts.
        whole: it as it stands.
        strips: ways through the national prefix.
        cut, stripped: it without the national prefix, where that ended.
    """

    plan: Plan
    begin: int
    whole: State
    strips: Strips
    cut: Cut | None = None
    stripped: State | None = None

    @classmethod
    def begun(cls, plan: Plan, at: int) -> "National":
        """Nothing of it is read."""
        strips, end = numbering.begun(plan, at)
        return cls(plan, at, plan.language, strips, *(end.cut(plan, at) if end else ()))

    def after(self, digit: str, at: int) -> "National":
        """The reading after a digit."""
        plan = self.plan
        cut, stripped = self.cut, self.stripped and self.stripped.after(digit)
        strips: Strips = ()
        if self.strips:
            strips, end = numbering.advanced(plan, self.strips, digit, at)
            if end:
                cut, stripped = end.cut(plan, at)
        return National(plan, self.begin, self.whole.after(digit), strips, cut, stripped)

    def answer(self, at: int) -> Answer:
        """What it is if it ends here."""
        code = self.plan.code
        cut, state = self._significant(at)
        size = cut.size(at) - len(code)
        if size < numbering.MIN_DIGITS:
            return Answer(None, Fault.TOO_SHORT, None)
        if size > numbering.MAX_DIGITS:
            return Answer(None, Fault.TOO_LONG, None)
        if numbering.is_valid(code, state, size):
            return Answer(cut, None, code)
        return Answer(None, Plan.of_code(code).fault(size), code)

    def _significant(self, at: int) -> tuple[Cut, State]:
        """Without national prefix, where that leaves a number of a length that numbers may have."""
        plan = self.plan
        whole = Cut(plan.code, 0, 0, self.begin), self.whole
        end = numbering.ended(self.strips)
        cut, state = end.cut(plan, at) if end else (self.cut, self.stripped)
        if at - self.begin < numbering.MIN_DIGITS or cut is None or state is None:
            return whole
        if plan.is_general(self.whole) and not plan.is_general(state):
            return whole
        size = cut.size(at) - len(plan.code)
        is_usual = size in plan.lengths and size not in plan.local_lengths
        return (cut, state) if is_usual or plan.is_too_long(size) else whole


class Abroad(NamedTuple):
    """A calling code of which ``digits`` are read, from ``begin`` on."""

    begin: int
    digits: str = ""

    def after(self, digit: str, at: int) -> "Abroad | Dialled":
        """The reading after a digit; no calling code has four digits, and none starts with a 0."""
        if self.digits[:1] == "0" or len(self.digits) == 3:
            return self
        digits = self.digits + digit
        if numbering.is_code(digits):
            return Dialled(self.begin, National.begun(Plan.of_code(digits), at))
        return Abroad(self.begin, digits)

    def answer(self, at: int) -> Answer:
        """What it is if it ends here."""
        is_too_short = at - self.begin <= numbering.MIN_DIGITS
        return Answer(None, Fault.TOO_SHORT if is_too_short else Fault.UNKNOWN_CODE, None)


class Dialled(NamedTuple):
    """A number after its calling code, which was written from ``begin`` on."""

    begin: int
    national: National

    def after(self, digit: str, at: int) -> "Dialled":
        """The reading after a digit."""
        return Dialled(self.begin, self.national.after(digit, at))

    def answer(self, at: int) -> Answer:
        """What it is if it ends here."""
        return Abroad(self.begin).answer(at) if at - self.begin <= numbering.MIN_DIGITS else self.national.answer(at)


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

    def after(self, digit: str, at: int) -> "Coded | None":
        """The reading after a digit; None where it is not the code's."""
        if self.missing:
            if digit != self.missing[0]:
                return None
            if len(self.missing) > 1:
                return self._replace(missing=self.missing[1:])
            strips, end = numbering.begun(self.plan, at)
            return Coded(self.plan, "", National.begun(self._main, at), strips).ended_by(end, at)
        assert self.whole is not None  # noqa: S101 - it is there once the code is read
        strips, end = numbering.advanced(self.plan, self.strips, digit, at) if self.strips else ((), None)
        stripped = self.stripped and self.stripped.after(digit, at)
        return self._replace(whole=self.whole.after(digit, at), strips=strips, stripped=stripped).ended_by(end, at)

    def ended_by(self, strip: numbering.Strip | None, at: int) -> "Coded":
        """The reading with a national prefix that ends here, if there is one."""
        if strip is None:
            return self
        return self._replace(stripped=National.begun(self._main, at), is_replaced=strip.group is not None)

    @property
    def _main(self) -> Plan:
        return Plan.of_code(self.plan.code)

    def better(self, national: National, at: int) -> National | None:
        """What follows the code, where that makes a number of what is none or is too long.

        Raises:
            Undecided: the rest is no part of what was written.
        """
        plan = self.plan
        if self.whole is None:
            return None
        ended = self.ended_by(numbering.ended(self.strips), at)
        if ended.is_replaced:
            raise Undecided
        rest, stripped = self.whole, ended.stripped
        if stripped and not (plan.is_general(rest.whole) and not plan.is_general(stripped.whole)):
            rest = stripped
        is_better = plan.is_general(rest.whole) and not plan.is_general(national.whole)
        return rest if is_better or plan.is_too_long(at) else None


class Home(NamedTuple):
    """A number written without plus in a region.

    Attributes:
        is_foreign: whether it must turn out to have a calling code, because there was a plus after all.
        prefixes: ways through the region's prefix for calls abroad.
        dialled: what follows that.
        coded: it as one that starts with the region's own calling code.
        national: it as a national number.
    """

    is_foreign: bool
    prefixes: tuple[Path, ...]
    dialled: Abroad | Dialled | None
    coded: Coded | None
    national: National

    @classmethod
    def begun(cls, region: str, *, is_foreign: bool) -> "Home":
        """Nothing is read."""
        plan = Plan.of(region)
        return cls(is_foreign, plan.idd, None, Coded(plan, plan.code), National.begun(plan, 0))

    def after(self, digit: str, at: int) -> "Home":
        """The reading after a digit."""
        dialled = self.dialled and self.dialled.after(digit, at)
        prefixes: dict[Path, None] = {}
        for path in chain.from_iterable(patterns.after(prefix, digit) for prefix in self.prefixes):
            if path.is_end:
                dialled = Abroad(at)
                break
            prefixes[path] = None
        coded = self.coded and self.coded.after(digit, at)
        return Home(self.is_foreign, tuple(prefixes), dialled, coded, self.national.after(digit, at))

    def answer(self, at: int) -> Answer:
        """What it is if it ends here.

        Raises:
            Undecided: only ``phonenumbers`` knows it.
        """
        dialled = self.dialled
        if dialled and not (isinstance(dialled, Abroad) and dialled.digits[:1] == "0"):
            return dialled.answer(at)
        if self.coded and (better := self.coded.better(self.national, at)):
            return better.answer(at)
        if self.is_foreign:
            return Answer(None, Fault.UNKNOWN_CODE, None)
        answer = self.national.answer(at)
        return replace(answer, doubt=self._doubt(answer, at))

    def _doubt(self, answer: Answer, at: int) -> Answer | None:
        """The better of two readings, where the digits are as valid with their first as the country's code."""
        plan = self.national.plan
        if self.coded is None or self.coded.whole is None or answer.cut != Cut(plan.code, 0, 0, 0):
            return None
        rest = self.coded.whole
        coded = rest.answer(at)
        if coded.cut is None:
            return None
        if numbering.is_clearly_coded(plan, self.national.whole, rest.whole, at - rest.begin):
            return coded
        return Answer(None, Fault.TWO_READINGS, plan.code)


Reading = Home | Abroad | Dialled
