"""``python -m tests.quality.name_casing``: names of persons that come back right from capitals and small letters."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from importer.stages.names.casing import Part
from importer.stages.names.cleaning import clean

PARTS: dict[str, Part] = {"first_name": "first_name", "last_name": "last_name"}
HELD_OUT = "held out"
"""The section for which no rule was changed."""
_TABLE = Path(__file__).parents[1] / "data" / "name_casing.txt"
_TURKISH = re.compile("[İığş]")


@dataclass(frozen=True, slots=True)
class Name:
    """A line of the table; ``is_ambiguous`` where other bearers write the same letters otherwise."""

    section: str
    part: Part
    right: str
    is_ambiguous: bool

    def wrong(self) -> dict[str, str]:
        """What comes out wrong, by how the name was written."""
        written = {"capitals": _capitals(self.right), "small": self.right.lower()}
        found = {case: clean(text, self.part)[0] or "" for case, text in written.items()}
        return {case: name for case, name in found.items() if name != self.right}


def _capitals(name: str) -> str:
    """As its bearer would write it in capitals: ß as ẞ, and i as İ in Turkish names."""
    return (name.replace("i", "İ") if _TURKISH.search(name) else name).replace("ß", "ẞ").upper()


def names() -> Iterator[Name]:
    """The names of ``name_casing.txt``."""
    section, part = "", PARTS["first_name"]
    for line in _TABLE.read_text("utf-8").splitlines():
        if line.startswith("["):
            field, section = line.strip("[]").split(": ")
            part = PARTS[field]
        elif not line.startswith("#"):
            for name in filter(None, map(str.strip, line.split(";"))):
                yield Name(section, part, name.removeprefix("~"), name.startswith("~"))


def main() -> None:
    """Print the share that is right, by section, and each name that is not."""
    table = list(names())
    wrong = {name: found for name in table if (found := name.wrong())}
    sections, failed = Counter(name.section for name in table), Counter(name.section for name in wrong)
    for section, count in sections.items():
        print(f"{count - failed[section]:5} of {count:3}  {section}")
    known = [name for name in table if name.section != HELD_OUT]
    for title, group in {
        "in all, but those held out": known,
        "without those that others write otherwise": [name for name in known if not name.is_ambiguous],
        "held out": [name for name in table if name.section == HELD_OUT],
    }.items():
        right = sum(name not in wrong for name in group)
        print(f"{right:5} of {len(group):3}  {title}: {right / len(group):.1%}")
    for name, found in wrong.items():
        forms = ", ".join(f"{form} from {case}" for case, form in found.items())
        print(f"wrong: {name.right}{' (others write it otherwise)' if name.is_ambiguous else ''}: {forms}")


if __name__ == "__main__":
    main()
