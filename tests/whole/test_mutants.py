"""Damaged files: rows that add up, or one line of words."""

import pytest

from tests.torture.mutants import FAMILIES, play

_FILES = 25


@pytest.mark.parametrize("part", range(4))
def test_of_100_damaged_files_each_is_read_or_refused_in_words(part: int) -> None:
    """No traceback, no hang, as many rows as a count of its own finds: ``python -m tests.torture.mutants 10000``."""
    told, complaints = play(_FILES, 1 + part * _FILES, FAMILIES[:2], None)
    assert not complaints, told


def test_of_a_few_files_that_signs_make_endless_each_is_read_or_refused_in_little_memory() -> None:
    """At most 1,500 MB with the process that opens workbooks; one that is named pipe.csv is a pipe."""
    told, complaints = play(10, 7, FAMILIES[2:], None)
    assert not complaints, told
