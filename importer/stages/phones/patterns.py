r"""The metadata's patterns, asked about numbers of which only the first digits and the length are known.

``(?:1[2-9]|30)\d{6}`` holds for every number of eight digits that starts with 12, and for none that starts with 40.
Such a pattern is a finite automaton: what may follow some digits is a state, the next digit leads to another, and from
a state and the number of digits that are left it follows whether every ending fits, none does, or some do.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache


class Undecided(Exception):  # noqa: N818 - no error: the answer depends on digits that are not known
    """The digits that are known do not decide the question."""


@dataclass(frozen=True, slots=True)
class Digits:
    """A number of ``size`` digits that starts with ``known``; the others may be any."""

    known: str
    size: int

    @property
    def is_whole(self) -> bool:
        """Whether every digit is known."""
        return len(self.known) == self.size

    def starts_with(self, prefix: str) -> bool:
        """Whether the number starts with these digits.

        Raises:
            Undecided: not all of them are known.
        """
        if prefix.startswith(self.known) and not self.is_whole and prefix != self.known:
            raise Undecided
        return self.known.startswith(prefix)

    def after(self, count: int) -> "Digits":
        """The number without its first ``count`` digits.

        Raises:
            Undecided: not all of these are known.
        """
        if count > len(self.known):
            raise Undecided
        return Digits(self.known[count:], self.size - count)

    def behind(self, prefix: str) -> "Digits":
        """The number with ``prefix`` put before it."""
        return Digits(prefix + self.known, self.size + len(prefix))


class Pattern:
    r"""A pattern of digits, groups, ``[…]``, ``\d``, ``|``, ``?``, ``{m,n}`` and ``$``: all that the metadata have.

    Raises:
        ValueError: something else is in it.
    """

    def __init__(self, text: str) -> None:
        self._compiled = re.compile(text)
        self._start = _state([(_parsed(text), None)])

    def matches(self, digits: Digits) -> bool:
        """Whether the pattern matches the whole number.

        Raises:
            Undecided: some endings fit and some do not.
        """
        state = self._start
        for digit in digits.known:
            state = state.after(digit)
        fits = state.fits(digits.size - len(digits.known))
        if fits is None:
            raise Undecided
        return fits

    def match_start(self, digits: Digits) -> re.Match[str] | None:
        """The match at the start of the number, as ``re`` finds it.

        Raises:
            Undecided: what matches depends on digits that are not known.
        """
        state = self._start
        for digit in digits.known:
            state = state.after(digit)
            if not state.moves:
                break
        else:
            if not digits.is_whole:
                raise Undecided
        return self._compiled.match(digits.known if digits.is_whole else digits.known + "…")


@cache
def pattern(text: str) -> Pattern:
    """The pattern; made once for each text."""
    return Pattern(text)


@dataclass(frozen=True, slots=True, eq=False)
class _Choice:
    """One of several sequences."""

    sequences: list[list["_Node"]]


@dataclass(frozen=True, slots=True, eq=False)
class _Repeat:
    """``least`` to ``most`` times ``node``."""

    node: "_Node"
    least: int
    most: int


_repeat = cache(_Repeat)

_Node = str | _Choice | _Repeat
"""A string is one of its digits."""

_Rest = tuple[_Node, "_Rest"] | None
"""What must still match, as a chain; None: nothing."""

_TOKEN = re.compile(r"\[[0-9-]+\]|\\d|[0-9]|\(\?:|\(|\)|\||\?|\{\d+(?:,\d+)?\}|\$")
_RANGE = re.compile("([0-9])-([0-9])")


def _parsed(text: str) -> _Choice:
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text:
        raise ValueError(f"A pattern of the phone metadata has a form that is not known: {text}")
    return _choice(iter(tokens))


def _choice(signs: Iterator[str]) -> _Choice:
    """Read up to the end of a group. ``$`` adds nothing: a whole number is asked for, or ``re`` does the matching."""
    sequences: list[list[_Node]] = [[]]
    for sign in signs:
        if sign == ")":
            break
        if sign == "|":
            sequences.append([])
        elif sign[0] == "(":
            sequences[-1].append(_choice(signs))
        elif sign == "?" or sign[0] == "{":
            least, _, most = "0,1".partition(",") if sign == "?" else sign[1:-1].partition(",")
            sequences[-1].append(_repeat(sequences[-1].pop(), int(least), int(most or least)))
        elif sign != "$":
            sequences[-1].append(_members(sign))
    return _Choice(sequences)


def _members(sign: str) -> str:
    r"""The digits that ``7``, ``[2-57]`` or ``\d`` stands for."""
    if sign == r"\d":
        return "0123456789"
    ranges = _RANGE.sub(lambda ends: "".join(map(str, range(int(ends[1]), int(ends[2]) + 1))), sign)
    return ranges.strip("[]")


class _State:
    """What may follow: the next digits with what must match after each; and whether nothing needs to."""

    def __init__(self, moves: frozenset[tuple[str, _Rest]], *, is_end: bool) -> None:
        self.moves, self.is_end = moves, is_end
        self._after: dict[str, _State] = {}
        self._fits: dict[int, bool | None] = {}

    def after(self, digit: str) -> "_State":
        """The state that a digit leads to."""
        if digit not in self._after:
            self._after[digit] = _state([rest for members, rest in self.moves if digit in members])
        return self._after[digit]

    def fits(self, count: int) -> bool | None:
        """Whether every ``count`` digits lead to an end (True), none do (False), or some (None)."""
        if not count or not self.moves:
            return self.is_end and not count
        if count not in self._fits:
            found = {self.after(digit).fits(count - 1) for digit in "0123456789"}
            self._fits[count] = found.pop() if len(found) == 1 else None
        return self._fits[count]


_STATES: dict[tuple[frozenset[tuple[str, _Rest]], bool], _State] = {}


def _state(rests: Iterable[_Rest]) -> _State:
    """The state of being before each of these."""
    moves: set[tuple[str, _Rest]] = set()
    is_end = False
    waiting = list(rests)
    while waiting:
        rest = waiting.pop()
        if rest is None:
            is_end = True
            continue
        node, after = rest
        if isinstance(node, str):
            moves.add((node, after))
        elif isinstance(node, _Choice):
            waiting += [_chain(sequence, after) for sequence in node.sequences]
        else:
            waiting += [after] if not node.least else []
            waiting += (
                [(node.node, (_repeat(node.node, max(node.least - 1, 0), node.most - 1), after))] if node.most else []
            )
    key = frozenset(moves), is_end
    if key not in _STATES:
        _STATES[key] = _State(key[0], is_end=is_end)
    return _STATES[key]


def _chain(sequence: list[_Node], after: _Rest) -> _Rest:
    for node in reversed(sequence):
        after = (node, after)
    return after
