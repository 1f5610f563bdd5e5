"""The shapes met so far, and what is known of each: looked at once, however many rows and chunks have it.

Each shape has a number, the same as long as it is remembered, and all that is known stands in columns under that
number. Threads look in them at once: columns are replaced, never changed, and complete before a number leads to them.
"""

from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock

import numpy as np
import numpy.typing as npt
import polars as pl

from importer.stages.phones.ways import FACTS, LOOKS, MOST_ASKED, Way, first_way, look, other_ways, size

Ints = npt.NDArray[np.int64]
Facts = npt.NDArray[np.int32]

_MOST_SHAPES = 50_000
"""Shapes that are remembered, at a kilobyte or two each."""

_NOT_LOOKED_AT = -1


class WayTable:
    """Ways as columns: ``table["first"]`` has that of each way, and so on for all names in ``ways.FACTS``.

    Attributes:
        of_text: for each way, what gives the same way of a text instead of its shape.
    """

    def __init__(self) -> None:
        self.of_text: list[Callable[[str], Way]] = []
        self._facts: Facts = np.empty((len(FACTS) + 2 * MOST_ASKED, 0), np.int32)

    def __len__(self) -> int:
        return int(self._facts.shape[1])

    def __getitem__(self, name: str) -> Facts:
        facts: Facts = self._facts[FACTS.index(name)]
        return facts

    def has(self, name: str) -> npt.NDArray[np.bool_]:
        """Return True for each way that has this fact, one of those that are true or false."""
        return self[name] > 0

    @property
    def asks(self) -> Facts:
        """Return the digits that ways require: ``MOST_ASKED`` times a row of indexes and one of what they must be."""
        return self._facts[len(FACTS) :].reshape(MOST_ASKED, 2, -1)

    def add(self, ways: Sequence[Way], of_text: Sequence[Callable[[str], Way]]) -> None:
        """Add ways behind the others."""
        facts = np.frombuffer(b"".join([way.facts for way in ways]), np.int32).reshape(-1, len(self._facts))
        self.of_text += of_text
        self._facts = np.concatenate([self._facts, facts.T], axis=1)


class Shapes:
    """The shapes of this process, by id: how many digits each has, and the ways to read it.

    Attributes:
        texts: of each number the shape.
        sizes: the digits of each.
        first: the first way of each.
        others: all other ways of those that ``with_others`` was asked for.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.sizes: Ints = np.zeros(0, np.int64)
        self.first, self.others = WayTable(), WayTable()
        self._looks: Facts = np.zeros((len(LOOKS), 0), np.int32)
        self._others: Ints = np.zeros((2, 0), np.int64)
        self._making = Lock()
        self._kind = pl.Categorical(pl.Categories.random())
        self._holder = pl.Series(dtype=self._kind)
        """Keeps polars from forgetting the numbers as soon as no column has them."""

    @staticmethod
    def known() -> "Shapes":
        """Return this process's shapes; new, empty ones once they have become too many."""
        global _known  # noqa: PLW0603 - what a process knows of shapes depends on nothing but the code
        if len(_known.texts) > _MOST_SHAPES:
            _known = Shapes()
        return _known

    def numbers(self, shapes: pl.Series) -> Ints:
        """Return the id of each shape (String), and learn those that are new."""
        with self._making:
            # Under one lock: once another thread can be given an id, what is known of it must be there.
            numbers = shapes.cast(self._kind).to_physical().to_numpy().astype(np.int64)
            self._learn(shapes, numbers)
        return numbers

    def with_first(self) -> WayTable:
        """Return the first way of each shape."""
        with self._making:
            if new := self.texts[len(self.first) :]:
                self.first.add([first_way(shape) for shape in new], [first_way] * len(new))
        return self.first

    def with_others(self, some: Ints) -> tuple[WayTable, Ints, Ints]:
        """Return the other ways; and for each of some shapes (ids), the index of its first one, and how many it has."""
        with self._making:
            starts, counts = self._others
            new = np.unique(some[counts[some] == _NOT_LOOKED_AT]).tolist()
            ways = [other_ways(self.texts[number]) for number in new]
            sizes = np.array([len(ways_of_one) for ways_of_one in ways], np.int64)
            starts[new], counts[new] = len(self.others) + np.cumsum(sizes) - sizes, sizes
            if sizes.any():
                of_text = [partial(_other_way, place=place) for count in sizes.tolist() for place in range(count)]
                self.others.add([way for ways_of_one in ways for way in ways_of_one], of_text)
        return self.others, starts[some], counts[some]

    def looks(self, some: Ints) -> Facts:
        """Return ``ways.LOOKS`` of some shapes (ids): a row for each name."""
        with self._making:
            new = np.unique(some[self._looks[0, some] == _NOT_LOOKED_AT]).tolist()
            if new:
                self._looks[:, new] = np.array([look(self.texts[number]) for number in new], np.int32).T
        return self._looks[:, some]

    def _learn(self, shapes: pl.Series, numbers: Ints) -> None:
        """Remember the shapes whose ids are new."""
        known = len(self.texts)
        rows = np.flatnonzero(numbers >= known)
        row_of = np.zeros(int(numbers.max(initial=known - 1)) + 1 - known, np.int64)
        row_of[numbers[rows] - known] = rows
        new = shapes.gather(row_of).to_list()
        if new:
            unknown = np.full((len(LOOKS), len(new)), _NOT_LOOKED_AT)
            self._looks = np.concatenate([self._looks, unknown.astype(np.int32)], axis=1)
            self._others = np.concatenate([self._others, unknown[:2]], axis=1)
            self.sizes = np.concatenate([self.sizes, np.array([size(shape) for shape in new], np.int64)])
            self.texts += new


_known = Shapes()


def _other_way(text: str, place: int) -> Way:
    return other_ways(text)[place]
