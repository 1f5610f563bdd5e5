"""Numbers as keyed hashes: whether a set has one is told, and none can be read out of it."""

import copy
import pickle
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from importer.models.number_set import NumberSet, hashed, siphash
from importer.storage.number_files import bring, open_numbers, salt_of, write_numbers

PHONES = pl.Series(["+14155550101", "+14155550102", None, "", "+442079460001"])
SALT = bytes(range(16))


def test_the_hash_is_siphash() -> None:
    """As its authors' own vectors have it, for eight bytes; and a number more than a block is hashed alike."""
    eight = np.array([0x0706050403020100], np.uint64)
    assert int(siphash(eight, SALT)[0]) == 0x93F5F5799A932462
    assert set(siphash(np.repeat(eight, 70_000), SALT).tolist()) == {0x93F5F5799A932462}


def test_a_set_tells_its_numbers_from_others() -> None:
    """Nothing is no number, whatever is in the set."""
    numbers = NumberSet.of(["+14155550101", "+442079460001", "+14155550101"], SALT)
    assert numbers.has(PHONES).to_list() == [True, False, False, False, True]
    assert (numbers.count(), NumberSet().is_empty, NumberSet().has(PHONES).any()) == (2, True, False)


def test_lists_under_different_salts_are_one_set() -> None:
    """What one has and the other has not is counted where they can be compared."""
    first, second = NumberSet.of(PHONES[:2], SALT), NumberSet.of(PHONES[:1], SALT)
    other = NumberSet.of(PHONES[4:], bytes(16))
    assert first.joined(other).has(PHONES).to_list() == [True, True, False, False, True]
    assert (first.count_beside(second), second.count_beside(first), first.joined(second).count()) == (1, 0, 2)


def test_a_file_of_numbers_holds_none_of_them(tmp_path: Path) -> None:
    """It is its owner's, travels to other processes and folders, and is noticed where it is damaged."""
    kept = write_numbers(tmp_path / "a.numbers", SALT, np.unique(hashed(PHONES.drop_nulls(), SALT)), "")
    content = (tmp_path / "a.numbers").read_bytes()
    assert (tmp_path / "a.numbers").stat().st_mode & 0o777 == 0o600
    assert not [phone for phone in (14155550101, 442079460001) if phone.to_bytes(8, "little") in content]
    (tmp_path / "there").mkdir()
    moved = open_numbers(bring(tmp_path / "a.numbers", tmp_path / "there"))
    assert len(pickle.dumps(NumberSet((kept,)))) < 1_000
    assert NumberSet((copy.copy(moved),)).has(PHONES[:1]).all()
    (tmp_path / "a.numbers").write_bytes(content[:-1])
    with pytest.raises(ValueError, match="damaged"):
        open_numbers(tmp_path / "a.numbers")


def test_a_folder_of_runs_has_one_salt_for_its_owner_alone(tmp_path: Path) -> None:
    """Drawn once; another folder has another."""
    salt = salt_of(tmp_path / "runs")
    assert (salt_of(tmp_path / "runs"), len(salt)) == (salt, 16)
    assert (tmp_path / "runs" / ".salt").stat().st_mode & 0o777 == 0o600
    assert salt_of(tmp_path / "others") != salt
