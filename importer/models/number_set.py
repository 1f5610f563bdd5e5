"""Numbers as keyed hashes: a set says whether it has a number, and no number can be read out of it.

The hash is SipHash-2-4 of the number without its plus, under 16 secret bytes (the salt). Whoever has the salt can try
numbers out, so the files are for their owner alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

Hashes = npt.NDArray[np.uint64]

HEADER_BYTES = 32
_AT_ONCE = 1 << 16
"""Numbers hashed together: their states stay in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class HashList:
    """Hashes in ascending order, under one salt: in memory, or in a file that is mapped when they are needed.

    It travels to other processes by the file's path. ``count`` is their number.
    """

    salt: bytes
    count: int
    path: Path | None = None
    in_memory: Hashes | None = None

    def hashes(self) -> Hashes:
        """Return the hashes, ascending, each once.

        Raises:
            OSError: the file is gone.
        """
        if self.in_memory is not None:
            return self.in_memory
        if not self.count:
            return np.empty(0, np.uint64)
        return np.memmap(self.path, "<u8", "r", HEADER_BYTES, (self.count,))  # type: ignore[call-overload, no-any-return]


@dataclass(frozen=True, slots=True)
class NumberSet:
    """Numbers of which nobody needs to know more than whether one is among them; lists may be under different salts."""

    lists: tuple[HashList, ...] = ()

    @classmethod
    def of(cls, phones: Iterable[str] | pl.Series, salt: bytes = bytes(16)) -> "NumberSet":
        """Return a set in memory of E.164 numbers."""
        values = np.unique(hashed(pl.Series(phones, dtype=pl.String), salt))
        return cls((HashList(salt, len(values), None, values),))

    @property
    def is_empty(self) -> bool:
        """Return True if it has no number."""
        return not any(one.count for one in self.lists)

    def has(self, phones: pl.Series) -> pl.Series:
        """Return a Boolean for each number (String?, E.164): whether the set has it; False where there is none."""
        numbers = _numbers(phones)
        found = np.zeros(len(numbers), dtype=bool)
        wanted: dict[bytes, Hashes] = {}
        for one in self.lists:
            if one.count:
                if one.salt not in wanted:
                    wanted[one.salt] = siphash(numbers, one.salt)
                found |= is_among(wanted[one.salt], one.hashes())
        return pl.Series(found & (numbers != 0))

    def joined(self, other: "NumberSet") -> "NumberSet":
        """Return the numbers of both."""
        mine = {one.path for one in self.lists} - {None}
        return NumberSet((*self.lists, *(one for one in other.lists if one.path not in mine)))

    def count(self) -> int:
        """Return how many numbers it has; those that lists under different salts share count more than once."""
        total = 0
        for salt in {one.salt for one in self.lists}:
            own = [one for one in self.lists if one.salt == salt]
            total += own[0].count if len(own) == 1 else len(_union(own))
        return total

    def count_beside(self, other: "NumberSet") -> int:
        """Return how many of its numbers another set has not, as far as the two are under one salt."""
        total = 0
        # A file's name stands for its content: twenty million numbers need not be compared with themselves.
        same = {one.path.name for one in other.lists if one.path}
        mine = [one for one in self.lists if one.path is None or one.path.name not in same]
        for salt in {one.salt for one in mine}:
            theirs = [one.hashes() for one in other.lists if one.salt == salt]
            hashes = _union([one for one in mine if one.salt == salt])
            known = np.zeros(len(hashes), dtype=bool)
            for some in theirs:
                known |= is_among(hashes, some)
            total += int((~known).sum())
        return total


def is_among(wanted: Hashes, among: Hashes) -> npt.NDArray[np.bool_]:
    """Return for each hash whether it is among others, which are ascending."""
    if not len(among):
        return np.zeros(len(wanted), dtype=bool)
    at = np.searchsorted(among, wanted)
    return np.asarray(among[np.minimum(at, len(among) - 1)] == wanted)


def hashed(phones: pl.Series, salt: bytes) -> Hashes:
    """Return the hashes of E.164 numbers (String), in their order."""
    return siphash(_numbers(phones), salt)


def siphash(numbers: Hashes, salt: bytes) -> Hashes:
    """Return SipHash-2-4 of each number as 8 bytes, little-endian."""
    hashed = np.empty(len(numbers), np.uint64)
    for start in range(0, len(numbers), _AT_ONCE):
        hashed[start : start + _AT_ONCE] = _siphash(numbers[start : start + _AT_ONCE], salt)
    return hashed


def _siphash(block: Hashes, salt: bytes) -> Hashes:
    low, high = np.frombuffer(salt, "<u8")
    # The constants of SipHash ("somepseudorandomlygeneratedbytes"), as its authors have them.
    constants = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
    state = [np.full(len(block), np.uint64(c) ^ k) for c, k in zip(constants, (low, high, low, high), strict=True)]
    length = np.full(len(block), np.uint64(8 << 56))
    for word in (block, length):
        state[3] = state[3] ^ word
        _mix(state, 2)
        state[0] = state[0] ^ word
    state[2] = state[2] ^ np.uint64(0xFF)
    _mix(state, 4)
    hashed: Hashes = state[0] ^ state[1] ^ state[2] ^ state[3]
    return hashed


def _mix(state: list[Hashes], rounds: int) -> None:
    a, b, c, d = state
    for _ in range(rounds):
        a = a + b
        b = _rotated(b, 13) ^ a
        a = _rotated(a, 32)
        c = c + d
        d = _rotated(d, 16) ^ c
        a = a + d
        d = _rotated(d, 21) ^ a
        c = c + b
        b = _rotated(b, 17) ^ c
        c = _rotated(c, 32)
    state[:] = [a, b, c, d]


def _rotated(words: Hashes, bits: int) -> Hashes:
    return (words << np.uint64(bits)) | (words >> np.uint64(64 - bits))


def _numbers(phones: pl.Series) -> Hashes:
    """Return E.164 numbers without their plus; 0 for what is none."""
    return phones.str.slice(1).cast(pl.UInt64, strict=False).fill_null(0).to_numpy()


def _union(lists: list[HashList]) -> Hashes:
    return lists[0].hashes() if len(lists) == 1 else np.unique(np.concatenate([one.hashes() for one in lists]))
