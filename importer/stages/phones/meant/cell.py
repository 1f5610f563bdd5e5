"""A cell: which runs of digits in it are numbers, and what the words and signs beside them say."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TypedDict

from importer.stages.phones.libphonenumber import Fault
from importer.stages.phones.meant import Check, Meant, letters, run
from importer.stages.phones.meant.others import are_others
from importer.stages.phones.meant.runs import CARRIER, DECIMAL, Run, runs_of, words_of
from importer.stages.phones.meant.words import CALLS, CLOCK, CONNECTING, EXTENSION, FAX, FORMER, LABELS, UNTOLD

PLAIN = re.compile(r"\+?(?:\([0-9]+\) ?)?[0-9]+(?:[ ./-](?:\([0-9]+\)[ -]?)?[0-9]+)*")
"""Digits that need no second look, with single signs between them."""

_FIRST_WORD, _LAST_WORD = re.compile(r"[^\W\d_]+"), re.compile(r"(?<![^\W\d_])[^\W\d_]+$")
_TWICE = re.compile(r"^(\(?\+[0-9]{1,3}\)?[ -]*)\+")
"""A plus, up to three digits and another plus: +44 +44 7911 123456."""

_DOTS = re.compile(r"(?<=[0-9)])[·•_'’](?=[(0-9])")
_GROUPS = re.compile(r"\+?[0-9]{1,4}(?:[,:][0-9]{1,4}){3,}|[0-9]{3}([,:])[0-9]{3}\1[0-9]{4}")
_LINKS = (
    re.compile(r".*?(?:wa\.me/|whatsapp\.com/send/?\?(?:[^# ]*&)?phone=)(?:\+|%2B)?([0-9]{6,}).*", re.IGNORECASE),
    re.compile(r"()([0-9]{6,})(?::[0-9]+)?@(?:c\.us|s\.whatsapp\.net)", re.IGNORECASE),
)
_SIP = re.compile(r"sips?: ?([+0-9().-]+)(?:[@;].*)?", re.IGNORECASE)

_SIGN_BEHIND = re.compile(r"[ ]?[xX#*?_•][ ]?")
_GLUED = re.compile(r"[-.]?[^\W\d_]")
_TORN = re.compile(r"[^\w+]*")
_BETWEEN = re.compile(r"[,;/|\\&]")
_BRACKETED = re.compile(r" ?\([^()]*\) *")
_FIRST_GROUP = re.compile(r"([0-9]{1,5})\)? +(?=[+(0-9])")

_MOST_TRIED = 6
"""Numbers of a cell that are tried, one after the other."""

_LONGEST_HOUR = 2
_WORTH = re.compile(r"\w")
_OWN_LABEL = re.compile(rf"(?<![^\W\d_])(?:{'|'.join(sorted(CALLS))})[ .:]*$", re.IGNORECASE)
_EDGES = " ,;:/|\\&.~-"


def readings(text: str) -> Iterator[Meant]:
    """Yield the numbers that a text may hold, in the order in which they are tried; at least one, or its fault."""
    if PLAIN.fullmatch(text) and not DECIMAL.match(text):
        yield from run.readings(text)
        return
    text = _TWICE.sub(r"\1", text.translate(_BRACKETS))
    if _GROUPS.fullmatch(text):
        text = re.sub("[,:]", " ", text)
    text = _DOTS.sub(" ", text)
    has_words = bool(words_of(text))
    if has_words and (special := _special(text)):
        yield special
        return
    runs = runs_of(text)
    if len(runs) == 1 and not has_words and not runs[0].before and not runs[0].is_hidden:
        check = Check.COMPLETE if _SIGN_BEHIND.fullmatch(runs[0].follow) else Check.NONE
        tail = ("float-tail",) if runs[0].decimals else ()
        for meant in run.readings(runs[0].text):
            yield meant._replace(check=check or meant.check, rules=(*meant.rules, *tail))
        return
    is_carrier = CARRIER.match(text) is not None
    yield from (meant._replace(zero=0) if is_carrier else meant for meant in _Cell(text, runs).readings())


_BRACKETS = str.maketrans("{}[]", "()()")


def _special(text: str) -> Meant | None:
    """Return the number of a link, an address or letters that are digits; None if the text is none of these."""
    if ";phone-context=" in text:
        return Meant(text)
    for link in _LINKS:
        if found := link.fullmatch(text):
            digits = found[found.lastindex or 1]
            return Meant("+" + digits, run.size(text[: found.start(found.lastindex or 1)]), rules=("label",))
    if found := _SIP.fullmatch(text):
        return Meant(found[1], rules=("label",))
    return letters.vanity(text) or letters.lookalike(text)


class _Rest(TypedDict):
    """The fields of ``Meant`` that tell of the rest of a text."""

    rules: tuple[str, ...]
    rest: str
    rest_at: int
    is_part: bool


class _Cell:
    """The runs of a text, and what becomes of each."""

    def __init__(self, text: str, runs: list[Run]) -> None:
        self._text, self._runs = text, runs
        self._long = [one for one in runs if one.is_long and not one.is_extension]
        self._others = [one for one in runs if not one.is_extension and (one.is_long or not one.has_words)]
        self._shown = [one for one in self._long if not one.is_hidden]
        self._strange = are_others(text, self._shown) if words_of(text) or not text.isascii() else []
        self._shown = [one for one in self._shown if one not in self._strange]

    def readings(self) -> Iterator[Meant]:
        """Yield the numbers that are no fax's, in order; or one reading with the fault."""
        called = [one for one in self._shown if not self._is_fax(one)]
        # A number that another one has replaced is taken only if it is all there is.
        called = [one for one in called if FORMER.isdisjoint(self._words(one))] or called
        if not self._shown:
            yield Meant(self._text, fault=Fault.NOT_A_NUMBER) if self._strange else self._short()
        elif self._is_torn():
            yield Meant(self._text, fault=Fault.TOO_LONG)
            return
        elif not called:
            yield Meant(self._text, fault=Fault.FAX)
        for one in called[:_MOST_TRIED]:
            yield from self._of_run(one, is_alternative=one is not called[0])

    def _short(self) -> Meant:
        """Return the reading of a text whose digits are all too few, or hidden."""
        if not self._runs:
            return Meant(self._text, fault=Fault.NOT_A_NUMBER)
        only = self._runs[0]
        is_told = not any(one.is_hidden or _GLUED.match(one.follow) for one in self._runs)
        is_told &= UNTOLD.isdisjoint(words_of(self._text))
        if not is_told:
            return Meant(self._text, fault=Fault.HIDDEN)
        if len(self._runs) > 1:
            return Meant(self._text, fault=Fault.NOT_A_NUMBER)
        return Meant(only.text, only.before, rules=("label",), check=Check.USUAL)

    def _is_torn(self) -> bool:
        """Return True if a few digits stand beside a number with only a sign between: they may be a part of it.

        Before a plus, where a whole number begins, and in a list (1: 415-555-0147) they are not; behind a comma they
        are no part of a number that is complete.
        """
        for one, two in pairwise(self._runs):
            is_before_plus = two.text.startswith("+") and _BETWEEN.search(one.follow) is not None
            is_place = one.start == 0 and one.size == 1 and one.follow == ": "
            is_before = two.is_long and not is_before_plus and not is_place
            is_behind = one.is_long and _BETWEEN.search(one.follow) is None
            few = two if one.is_long else one
            if one.is_long != two.is_long and (is_before or is_behind) and _is_near(few, one.follow):
                return True
        return False

    def _is_followed(self, one: Run) -> bool:
        """Return True if a few digits stand behind a number with only a sign between: 415-555-0147, 48."""
        behind = self._runs[self._runs.index(one) + 1 :]
        return behind != [] and not behind[0].is_long and _is_near(behind[0], one.follow)

    def _is_fax(self, one: Run) -> bool:
        """Return True if the words that belong to a run say that it takes no calls."""
        words = self._words(one)
        return not words.isdisjoint(FAX) and words.isdisjoint(CALLS)

    def _words(self, one: Run) -> set[str]:
        """Return the words that belong to a run."""
        at = self._runs.index(one)
        lead = one.lead if at == 0 else self._shared(one.lead)[1]
        follow = one.follow if at == len(self._runs) - 1 else self._shared(one.follow)[0]
        return {*words_of(lead), *words_of(follow)}

    def _shared(self, gap: str) -> tuple[str, str]:
        """Return the part of a gap between two numbers that belongs to the first, and that of the second."""
        parts = _BETWEEN.split(gap)
        if len(parts) > 1:
            return parts[0], parts[-1]
        has_head, has_tail = words_of(self._runs[0].lead), words_of(self._runs[-1].follow)
        is_behind = has_tail if has_head or has_tail else _BRACKETED.fullmatch(gap)
        return (gap, "") if is_behind and not has_head else ("", gap)

    def _of_run(self, one: Run, *, is_alternative: bool) -> Iterator[Meant]:
        """Yield the numbers of a run, with all else that the text holds as the rest."""
        at = self._runs.index(one) + 1
        extension = self._runs[at] if at < len(self._runs) and self._runs[at].is_extension else None
        check = Check.COMPLETE if self._is_followed(one) else Check.NONE if extension else _check_of(one)
        for cut, meant in self._without_first_group(one):
            found = meant._replace(
                before=one.before + meant.before,
                zero=one.before + meant.zero if meant.zero >= 0 else -1,
                check=_stricter(meant.check, check),
                extension=extension.text if extension else meant.extension,
                extension_at=extension.before if extension else meant.extension_at,
                is_alternative=is_alternative or meant.is_alternative,
                **self._rest(one, cut, extension, meant),
            )
            yield found

    def _without_first_group(self, one: Run) -> Iterator[tuple[int, Meant]]:
        """Yield a run's numbers; behind a word its first digits may be the word's: Tel2 030 12345, after 6 030 12345.

        Gives with each number how many characters of the run are not its.
        """
        found, words = _FIRST_GROUP.match(one.text), words_of(one.lead)
        digits = len(found[1]) if found else 0
        whole = ((0, meant) for meant in run.readings(one.text))
        if found is None or not words or one.size - digits < run.FEWEST:
            yield from whole
            return
        behind = [
            meant._replace(before=digits + meant.before, zero=digits + meant.zero if meant.zero >= 0 else -1)
            for meant in run.readings(one.text[found.end() :])
        ]
        if words[-1] in EXTENSION:
            behind = [meant._replace(extension=found[1], extension_at=one.before) for meant in behind]
        elif digits > _LONGEST_HOUR:
            behind = []
        elif words[-1] not in CLOCK:
            yield from ((found.end(), meant._replace(zero=digits, is_alternative=True)) for meant in behind)
            yield from ((0, run.only(meant, one.text[found.end() :])) for _, meant in whole)
            behind = [run.only(meant, one.text)._replace(is_alternative=True) for meant in behind]
        yield from [(found.end(), meant) for meant in behind] or whole

    def _rest(self, one: Run, cut: int, extension: Run | None, meant: Meant) -> _Rest:
        """Return the rest of the text, with the rules that name it; ``cut`` characters of the run are part of it."""
        is_first_extension = bool(meant.extension) and extension is None
        last = extension or one
        before = self._text[: one.start if is_first_extension or not cut else one.start + cut]
        pieces = [(_remark(before if cut else _OWN_LABEL.sub("", before)), 0)]
        behind = self._text[last.end + len(last.decimals) :]
        pieces += [(meant.rest, one.before + meant.rest_at)]
        pieces += [(_remark(behind), last.before + last.size + run.size(last.decimals))]
        pieces = [piece for piece in pieces if piece[0]]
        is_part = len(self._others) > 1
        rules = {*meant.rules}
        rules |= {"two-numbers"} if is_part else {"cut-off"} if pieces and not meant.is_part else set()
        words = {*words_of(one.lead), *(() if extension else words_of(one.follow))}
        rules |= {"label"} if words - CONNECTING else set()
        rules |= {"float-tail"} if one.decimals else set()
        return {
            "rules": tuple(rules),
            "rest": " / ".join(text for text, _ in pieces),
            "rest_at": pieces[0][1] if pieces else 0,
            "is_part": meant.is_part or is_part,
        }


def _is_near(few: Run, gap: str) -> bool:
    """Return True if no words tell a few digits from a number, ``gap`` being between the two."""
    return not (few.has_words or few.is_extension) and _TORN.fullmatch(gap) is not None


def _stricter(own: Check, other: Check) -> Check:
    """Return the stricter of two checks: the number's own in its run, and that of what stands beside the run."""
    return other if own is Check.NONE or (other is Check.COMPLETE and own is not Check.NO_DATE) else own


def _check_of(one: Run) -> Check:
    """Return what must hold of a number with something behind it."""
    words = words_of(one.follow)
    if _GLUED.match(one.follow) or _SIGN_BEHIND.fullmatch(one.follow) or not UNTOLD.isdisjoint(words):
        return Check.COMPLETE
    return Check.USUAL if words else Check.NONE


def _remark(text: str) -> str:
    """Return what is worth keeping of a text beside a number; "" if it is punctuation or only names its kind."""
    text = text.strip(_EDGES)
    if not _WORTH.search(text):
        return ""
    if _BRACKETED.fullmatch(text):
        text = text[1:-1].strip(_EDGES)
    first, last = _FIRST_WORD.match(text), _LAST_WORD.search(text)
    begin = first.end() if first and first[0].casefold() in CONNECTING else 0
    end = last.start() if last and last[0].casefold() in CONNECTING else len(text)
    text = text[begin:end].strip(_EDGES)
    is_label = set(words_of(text)) <= LABELS | EXTENSION | FAX and run.size(text) == 0
    return "" if is_label else text
