r"""The metadata's patterns as automata that read a number digit by digit.

What may follow some digits is a state, and the next digit leads to another. States are made when they are first met,
and two ways of getting to the same rest of a pattern lead to the same state. ``State`` tells of many patterns at once
which of them fit the whole of what was read; ``threads`` and ``step`` find what one pattern matches at the start, as
``re`` does: alternatives in their order, as much as possible, with its groups.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple


@dataclass(frozen=True, slots=True, eq=False)
class _Choice:
    """One of several sequences; ``group`` is its number where it is a capturing group, else 0."""

    sequences: tuple[tuple["_Node", ...], ...]
    group: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Repeat:
    """``least`` to ``most`` times ``node``."""

    node: "_Node"
    least: int
    most: float


class _Mark(NamedTuple):
    """The start or the end of a capturing group, or the end of the number (``$``)."""

    sign: str
    group: int = 0


_Node = str | _Choice | _Repeat | _Mark
"""A string is one of its digits."""

_END_OF_NUMBER = _Mark("$")


@dataclass(frozen=True, slots=True, eq=False)
class _Then:
    """The rest of a pattern that must still match: ``node``, then ``after``."""

    node: _Node
    after: "Rest"


_repeat, _then = cache(_Repeat), cache(_Then)
_ANY = "0123456789"
ANY_DIGIT = (1 << len(_ANY)) - 1
"""All digits, a bit for each."""

_any_digits = _repeat(_ANY, 0, float("inf"))

_TOKEN = re.compile(r"\[[0-9-]+\]|\\d|[0-9]|\(\?:|\(|\)|\||\?|\{\d+(?:,\d+)?\}|\$")
_RANGE = re.compile("([0-9])-([0-9])")


class Label(NamedTuple):
    """The meaning of a pattern that fits.

    Attributes:
        region: whose pattern it is.
        kind: the name of the metadata's description, or ``leading_digits``.
        lengths: digits that such a number has; empty: any.
    """

    region: str
    kind: str
    lengths: tuple[int, ...] = ()


Rest = _Then | Label | None
"""The rest that must still match; a label if nothing must, which is what the match means; None: nothing, no meaning."""


@cache
def _parsed(text: str) -> _Node:
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text:
        raise ValueError(f"A pattern of the phone metadata has a form that is not known: {text}")
    return _choice(iter(tokens), iter(range(1, len(tokens) + 1)))


def _choice(signs: Iterator[str], groups: Iterator[int], group: int = 0) -> _Node:
    """Read up to the end of a group."""
    sequences: list[list[_Node]] = [[]]
    for sign in signs:
        if sign == ")":
            break
        if sign == "|":
            sequences.append([])
        elif sign[0] == "(":
            sequences[-1].append(_choice(signs, groups, next(groups) if sign == "(" else 0))
        elif sign == "?" or sign[0] == "{":
            least, _, most = "0,1".partition(",") if sign == "?" else sign[1:-1].partition(",")
            sequences[-1].append(_repeat(sequences[-1].pop(), int(least), int(most or least)))
        else:
            sequences[-1].append(_END_OF_NUMBER if sign == "$" else _members(sign))
    return _Choice(tuple(map(tuple, sequences)), group)


@cache
def _members(sign: str) -> str:
    r"""Return the digits that ``7``, ``[2-57]`` or ``\d`` stands for."""
    if sign == r"\d":
        return _ANY
    ranges = _RANGE.sub(lambda ends: "".join(map(str, range(int(ends[1]), int(ends[2]) + 1))), sign)
    return ranges.strip("[]")


class Path(NamedTuple):
    """One way on: past the ``marks``, then a digit of ``members`` to ``rest``; without members ``rest`` is an end.

    ``rest`` of an end is its label or None, or the end of the number, where it is one only there.
    """

    marks: tuple[_Mark, ...]
    members: str
    rest: "Rest | _Mark"

    @property
    def is_end(self) -> bool:
        """Return True if the pattern ends here, whatever follows."""
        return not self.members and self.rest is None

    @property
    def is_end_of_number(self) -> bool:
        """Return True if the pattern ends here, provided that the number does."""
        return not self.members and self.rest is _END_OF_NUMBER


@cache
def _paths(rest: Rest) -> tuple[Path, ...]:
    """Return the paths from here in the order in which ``re`` tries them."""
    if not isinstance(rest, _Then):
        return (Path((), "", rest),)
    node, after = rest.node, rest.after
    if isinstance(node, str):
        return (Path((), node, after),)
    if isinstance(node, _Mark):
        behind = _paths(after)
        if node is _END_OF_NUMBER:
            return tuple(Path(path.marks, "", node) for path in behind if not path.members)
        return tuple(path._replace(marks=(node, *path.marks)) for path in behind)
    if isinstance(node, _Choice):
        if node.group:
            after = _then(_Mark(")", node.group), after)
        inner = [path for sequence in node.sequences for path in _paths(_chain(sequence, after))]
        start = (_Mark("(", node.group),) if node.group else ()
        return tuple(path._replace(marks=start + path.marks) for path in inner)
    ways: tuple[Path, ...] = ()
    if node.most:
        ways = _paths(_then(node.node, _then(_repeat(node.node, max(node.least - 1, 0), node.most - 1), after)))
    return ways if node.least else ways + _paths(after)


def _chain(sequence: Iterable[_Node], after: Rest) -> Rest:
    for node in reversed(tuple(sequence)):
        after = _then(node, after)
    return after


@cache
def _as_bits(members: str) -> int:
    return sum(1 << int(digit) for digit in members)


class State:
    """A state: the digits that may follow, each with the rest that must match after it.

    Attributes:
        ends: the labels of the patterns that fit what was read.
    """

    def __init__(self, moves: frozenset[tuple[str, Rest]], ends: frozenset[Label]) -> None:
        self._moves, self.ends = moves, ends
        self._members = {_as_bits(members) for members, _ in moves}
        self._after: dict[str, tuple[State, int]] = {}

    def after(self, digit: str) -> "State":
        """Return the state that a digit leads to."""
        return (self._after.get(digit) or self._step(digit))[0]

    def alike(self, digit: str) -> int:
        """Return the digits that lead to the same state as this one, a bit for each."""
        return (self._after.get(digit) or self._step(digit))[1]

    def _step(self, digit: str) -> "tuple[State, int]":
        alike = ANY_DIGIT
        for members in self._members:
            alike &= members if members >> int(digit) & 1 else ~members
        step = _state(rest for members, rest in self._moves if digit in members), alike
        self._after |= dict.fromkeys((other for other in _ANY if alike >> int(other) & 1), step)
        return step

    def after_all(self, digits: str) -> "State":
        """Return the state that several digits lead to."""
        state = self
        for digit in digits:
            state = state.after(digit)
        return state


_STATES: dict[tuple[frozenset[tuple[str, Rest]], frozenset[Label]], State] = {}


def _state(rests: Iterable[Rest]) -> State:
    """Return the state of being before each of these paths."""
    paths = {path for rest in rests for path in _paths(rest)}
    moves = frozenset((path.members, path.rest) for path in paths if path.members and not isinstance(path.rest, _Mark))
    ends = frozenset(path.rest for path in paths if not path.members and isinstance(path.rest, Label))
    if (moves, ends) not in _STATES:
        _STATES[moves, ends] = State(moves, ends)
    return _STATES[moves, ends]


def start(whole: Sequence[tuple[str, Label]], beginnings: Sequence[tuple[str, Label]] = ()) -> State:
    r"""Return the state before the first digit.

    Args:
        whole: patterns of digits, groups, ``[…]``, ``\d``, ``|``, ``?`` and ``{m,n}``, with what one means.
        beginnings: the same for patterns that need to match at the start only.

    Raises:
        ValueError: something else is in a pattern.
    """
    if any("$" in text for text, _ in whole):
        raise ValueError("A pattern that a whole number must fit has a sign for its end, which is not known there.")
    rests = [_then(_parsed(text), label) for text, label in whole]
    return _state(rests + [_then(_parsed(text), _then(_any_digits, label)) for text, label in beginnings])


def paths(text: str) -> tuple[Path, ...]:
    """Return the paths that begin a pattern, in the order in which ``re`` tries them; ``$`` may be in it.

    Raises:
        ValueError: something unknown is in the pattern.
    """
    return _paths(_then(_parsed(text), None))


def after(path: Path, digit: str) -> tuple[Path, ...]:
    """Return the paths after a digit, in order; none if it does not fit."""
    return _paths(path.rest) if digit in path.members and not isinstance(path.rest, _Mark) else ()
