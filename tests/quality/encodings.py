"""How many lists in old encodings are read right: ``python -m tests.quality.encodings``.

Each list is made of ``people.txt``: some people of one language, in one of its encodings, three or twenty rows
long. Beside them are the lists that Windows writes in English: no letter beyond a to z, but dashes, quotes and blanks.
A list is right if all its text is, *said* if it is not but the runner-up that is named reads it right, else wrong.

The columns beside the product's are the detectors that people use, where they are installed.
"""

import importlib
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from types import ModuleType

from importer.errors import ReadError
from importer.readers.utf8 import take_in

PEOPLE = Path(__file__).parents[1] / "data" / "people.txt"
ROWS = (3, 20)
WINDOWS = {
    "apostrophes": ("O’Brien", "D’Angelo", "Anna’s Bar", "James’ Bar"),
    "dashes in numbers": ("415–555–01{:02}",),
    "dashes between words": ("Mon – Fri", "Smith–Jones", "call back — urgent"),
    "no-break spaces in numbers": ("415\u00a0555\u00a001{:02}", "(415)\u00a0555-01{:02}"),
    "no-break spaces in names": ("Mary\u00a0Ann", "Van\u00a0Dyke", "St.\u00a0John"),
    "quotes": ("“Bob” Smith", "the ‘new’ office", "said “call me”"),
    "bullets": ("• gold", "•silver", "· bronze"),
    "money": ("£20 a month", "€30", "paid 15£"),
    "fractions": ("½ day", "size 8½", "1¾ hours"),
    "trademarks": ("Acme®", "Widget™", "© Bolt"),
    "ellipses": ("ask again…", "later…", "…"),
    "degrees": ("N° 5", "20 °C", "3º piso"),
    "everything": ("O’Brien", "415–555–01{:02}", "“Bob”", "£20", "½ day", "Acme™", "a…", "Van\u00a0Dyke", "José"),
}
"""Cells beyond ASCII of lists in English; ``{:02}`` is the row's number."""
UNMARKED = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
MARKED = ("utf-8-sig", "utf-16", "utf-32", "utf-8")


@dataclass(frozen=True, slots=True)
class List:
    """One list, its text, and the encoding that it is in."""

    name: str
    codec: str
    text: str
    data: bytes


def lists() -> Iterator[List]:
    """All lists, the same at each call."""
    for line in PEOPLE.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        language, encodings, *parts = line.split(" | ")
        for codec in (*encodings.split(","), *_unicode(language)):
            for rows in ROWS if codec in encodings.split(",") else ROWS[1:]:
                text = _people(random.Random(f"{language} {rows}"), rows, *parts)  # noqa: S311 - names, no secrets
                data = text.encode(codec, "replace")
                yield List(f"{language}, {rows} rows", codec, data.decode(codec).removeprefix("\ufeff"), data)
    for kind, cells in WINDOWS.items():
        for rows in ROWS:
            text = _windows(rows, cells)
            yield List(f"English with {kind}, {rows} rows", "cp1252", text, text.encode("cp1252"))
    yield from _damaged()


def _unicode(language: str) -> tuple[str, ...]:
    return (*UNMARKED, *MARKED) if language in {"English", "Russian", "Japanese", "Thai"} else ()


def _people(chance: random.Random, rows: int, header: str, phone: str, *pools: str) -> str:
    first, last, town = (pool.split(",") for pool in pools)
    lines = [header]
    for _ in range(rows):
        blank = "" if first[0] > "\u3000" else " "
        number = "".join(str(chance.randrange(10)) if char == "9" else char for char in phone)
        lines.append(f"{chance.choice(first)}{blank}{chance.choice(last)},{number},{chance.choice(town)}")
    return "\r\n".join(lines) + "\r\n"


def _windows(rows: int, cells: Sequence[str]) -> str:
    lines = ["Name,Phone,Note"]
    for row in range(rows):
        cell = cells[row % len(cells)].format(row)
        is_phone = sum(char.isdigit() for char in cell) > 6
        phone = cell if is_phone else f"415-555-01{row:02}"
        lines.append(f"Pat Doe,{phone},{'' if is_phone else cell}")
    return "\r\n".join(lines) + "\r\n"


def _damaged() -> Iterator[List]:
    """UTF-8 into which somebody pasted some letters of Windows-1252."""
    for word in ("Müller", "Łukasz Wójcik", "Иван Петров", "山田太郎", "محمد"):
        text = "Name,Phone\r\n" + "".join(f"{word} {row},415-555-01{row:02}\r\n" for row in range(12))
        data = text.encode()
        for old, new, count in (("5,415", "5 José,415", 1), ("7,415", "7 Zoë,415", 1)):
            text = text.replace(old, new, count)
            data = data.replace(old.encode(), new.encode("cp1252"), count)
        yield List(f"{word} with a damaged byte", "utf-8 damaged", text, data)


def read(made: List, folder: Path) -> str:
    """``right``, ``said`` or ``wrong``, as this product reads the list."""
    path = folder / "list.csv"
    path.write_bytes(made.data)
    try:
        intake = take_in(path, path.name)
    except ReadError:
        return "wrong"
    if intake.read(intake.start, intake.end - intake.start).decode() == made.text:
        return "right"
    guess = intake.encoding.guess
    return "said" if guess and _is_right(made, guess.runner_up) else "wrong"


def _is_right(made: List, codec: str | None) -> bool:
    try:
        return made.data.decode(codec or "ascii").removeprefix("\ufeff") == made.text
    except (UnicodeError, LookupError):
        return False


def detectors() -> dict[str, Callable[[bytes], str | None]]:
    """What other programs take bytes for, by program; those that are installed."""
    found: dict[str, Callable[[bytes], str | None]] = {}
    for name in ("chardet", "charset_normalizer"):
        with suppress(ImportError):
            found[name] = _detector(importlib.import_module(name))
    return found


def _detector(module: ModuleType) -> Callable[[bytes], str | None]:
    return lambda data: module.detect(data)["encoding"]


def main() -> None:
    """Print the table: right and said by encoding, and every list that is not right."""
    others = detectors()
    counts: Counter[tuple[str, str]] = Counter()
    bad = []
    seconds: dict[str, float] = defaultdict(float)
    made = list(lists())
    with TemporaryDirectory() as folder:
        for each in made:
            start = process_time()
            verdict = read(each, Path(folder))
            seconds["importer"] += process_time() - start
            counts[each.codec, verdict] += 1
            if verdict != "right":
                bad.append(f"{verdict:6} {each.codec:14} {each.name}")
            for name, detect in others.items():
                start = process_time()
                counts[each.codec, name] += _is_right(each, detect(each.data))
                seconds[name] += process_time() - start
    columns = ("lists", "right", "said", "wrong", *others)
    counts.update((each.codec, "lists") for each in made)
    sys.stdout.write(f"{'':16}" + "".join(f"{column:>20}" for column in columns) + "\n")
    for codec in dict.fromkeys(each.codec for each in made):
        sys.stdout.write(f"{codec:16}" + "".join(f"{counts[codec, column]:20}" for column in columns) + "\n")
    whole = [sum(count for (_, column), count in counts.items() if column == wanted) for wanted in columns]
    sys.stdout.write(f"{'in all':16}" + "".join(f"{count:20}" for count in whole) + "\n")
    sys.stdout.write("".join(f"{line}\n" for line in bad))
    sys.stdout.write(", ".join(f"{name} {took:.1f} s" for name, took in seconds.items()) + "\n")


if __name__ == "__main__":
    main()
