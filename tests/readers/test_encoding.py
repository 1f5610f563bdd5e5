"""Lists in old encodings: what is guessed is right or named, soon, and without a phone number lost."""

import re
from pathlib import Path
from time import process_time

from importer.readers.encoding import foreign_words, guess
from importer.readers.utf8 import take_in
from tests.conftest import Typed
from tests.quality.encodings import List, lists, read

MOST_S = 0.5


def test_every_list_of_the_table_is_read_right_or_the_right_encoding_is_named(tmp_path: Path) -> None:
    """Over 150 lists in over 30 encodings; those of Windows in English hold no letter beyond a to z."""
    made = list(lists())
    verdicts = {(each.codec, each.name): read(each, tmp_path) for each in made}
    assert len(made) >= 150
    assert len({each.codec for each in made}) >= 30
    assert [key for key, verdict in verdicts.items() if verdict == "wrong"] == []
    assert sum(verdict == "right" for verdict in verdicts.values()) >= len(made) - 2


def test_numbers_with_the_dashes_and_blanks_of_windows_are_numbers(tmp_path: Path, typed: Typed) -> None:
    """A reading that turns these bytes into letters makes every phone invalid, so it is not the one."""
    rows = ("O’Brien,415–555–0132", "D’Angelo,(415)\u00a0555\u00a00133", "Lee,+1\u00a04155550134", "Ng,• 415–555–0135")
    text = "name,phone\r\n" + "".join(f"{row}\r\n" for row in rows)
    (tmp_path / "list.csv").write_bytes(text.encode("cp1252"))
    out = typed("inspect", tmp_path / "list.csv", "--region", "US").out
    assert re.search(r"planned +ready +4 ", out)


def test_east_asian_lists_cost_half_a_second() -> None:
    """Four thousand different words, each a candidate for every encoding."""
    for codec, first in (("cp949", 0xAC00), ("big5", 0x4E00), ("euc_jp", 0x4E00), ("gb18030", 0x4E00)):
        chars = [chr(code) for code in range(first, first + 9000)]
        known = [char for char in chars if char.encode(codec, "ignore")]
        data = "\n".join("".join(known[place % len(known)] for place in (n, n * 7, n * 31)) for n in range(9000))
        words = foreign_words(data.encode(codec))
        start = process_time()
        assert guess(words).name == codec
        assert process_time() - start < MOST_S


def test_escape_sequences_far_into_an_ascii_file_are_seen(tmp_path: Path) -> None:
    """ISO-2022-JP is ASCII throughout; the first word that is not may come late."""
    text = "name,phone\n" + "Pat,4155550100\n" * 2000 + "山田太郎,0312345678\n"
    assert read(List("", "iso2022_jp", text, text.encode("iso2022_jp")), tmp_path) == "right"


def test_a_colour_code_in_a_list_is_no_encoding(tmp_path: Path) -> None:
    """ESC alone says nothing, and ISO-2022 has no byte above 0x7F."""
    for text in ("Ann \x1b[1m", "Zoë \x1b$B"):
        (tmp_path / "list.csv").write_bytes(f"name,phone\n{text},4155550100\n".encode())
        assert take_in(tmp_path / "list.csv", "list.csv").encoding.name == "utf-8"
