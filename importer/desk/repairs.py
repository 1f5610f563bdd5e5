"""Repairs in words: what a code of ``changes`` means to people, and which setting stops it where it is wrong."""

from dataclasses import dataclass

from importer.models.findings import SUSPICIONS
from importer.storage.summary import Summary

_NAMES = ("first_name", "last_name", "full_name")
_BY_COUNTRY = ("011-prefix", "country-code", "code-slip", "old-form")
"""Repairs of numbers that depend on the country in which they are read."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What stops a rule: the option to import with, empty if there is none, and what it does."""

    option: str
    words: str

    @property
    def note(self) -> str:
        """Return the note that calls a repair wrong."""
        if not self.option:
            return f"wrong repair; {self.words}"
        return f"wrong repair; to stop it: {self.option} ({self.words})"


def is_repair(rule: str) -> bool:
    """Return True if a code of ``changes`` names a repair; some name what is doubtful and was left as it is."""
    return rule not in SUSPICIONS


def in_words(rule: str) -> str:
    """Return a code of ``changes`` for people."""
    return rule.replace(":", ": ").replace("_", " ").replace("-", " ")


def advice(rule: str, summary: Summary) -> Advice:
    """Return what stops a rule in an import of these lists."""
    field, _, name = rule.partition(":")
    filled = {field: columns for source in summary.sources for field, columns in source.mapping.items() if columns}
    if name == "merged":
        return Advice("--keep first", "takes nothing from other rows of the number")
    if field in _NAMES:
        # A first name that is a whole name is split, too.
        by = field if field in filled else "full_name" if "full_name" in filled else "first_name"
        return Advice(f"--map {by}=", "leaves the name out; its cell is sent beside it, as it stands")
    if field == "email":
        return Advice("--map email=", "leaves the address out; its cell is sent beside it, as it stands")
    phones = filled.get("phone", [])
    if name == "other-column":
        return Advice(f'--map phone="{phones[0]}"' if phones else "", "takes the number from no other column")
    if name in _BY_COUNTRY:
        return Advice(
            "--region CC", "says the country of the numbers; a column says it for each row: --map country=COLUMN"
        )
    return Advice("", "no setting stops it: write the number into the list with + and its country's code")
