"""A person's data as it may stand in bytes: the number in any spelling, addresses, names, ids of contacts."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from mmap import mmap
from typing import Any

from pydantic import BaseModel, ConfigDict

from importer.stages.phones.libphonenumber import codes

_BETWEEN = r"[^0-9A-Za-z\n]{0,4}"
"""What may stand between two digits of one number: a space, a dash, a bracket with a space."""
_MARKUP = re.compile(rb"<[^<>]{0,2000}>")
_GONE = "forgotten"


class Terms(BaseModel):
    """What a person's data is searched by.

    Attributes:
        phone: E.164.
        emails: in small letters.
        names: pairs of first and last name, in small letters; whoever has one alone is not searched by it.
        contact_ids: as the API gave them.
    """

    model_config = ConfigDict(frozen=True)

    phone: str
    emails: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    contact_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Search:
    """Finds a person's terms in bytes and texts."""

    terms: Terms

    def found(self, data: bytes | mmap) -> list[str]:
        """Return which terms stand in bytes, in words: ``number``, ``e-mail address``, ``name``, ``contact id``."""
        found = [what for what, pattern in self._patterns if pattern.search(data)]
        if "name" not in found and self._names and data.find(b"<") >= 0:
            # In a workbook or a page the two names stand in elements of their own.
            found += ["name"] if self._names.search(_MARKUP.sub(b" ", bytes(data))) else []
        return found

    def is_in(self, text: str) -> bool:
        """Return True if a term stands in a text."""
        return bool(self.found(text.encode("utf-8", "replace")))

    @cached_property
    def number_pattern(self) -> str:
        """Return a pattern of the number in any spelling, for engines without look-around."""
        return rf"(?:^|[^0-9]){self._number}(?:[^0-9]|$)"

    def cleaned(self, answer: bytes) -> bytes | None:
        """Return an answer of the API without the person; None if it names them and is no JSON."""
        if not self.found(answer):
            return answer
        try:
            return json.dumps(self._without(json.loads(answer)), ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return None

    def _without(self, value: Any) -> Any:
        """Return a JSON value without the person: of an object that names them, no text stays."""
        if isinstance(value, dict):
            own = [one for one in value.values() if isinstance(one, str | int | float)]
            is_theirs = any(self.is_in(str(one)) for one in own)
            return {
                key: _GONE if is_theirs and isinstance(one, str | int | float) else self._without(one)
                for key, one in value.items()
            }
        if isinstance(value, list):
            return [self._without(one) for one in value]
        return _GONE if isinstance(value, str | int | float) and self.is_in(str(value)) else value

    @cached_property
    def _number(self) -> str:
        digits = self.terms.phone.removeprefix("+")
        code = next(digits[:length] for length in (1, 2, 3) if digits[:length] in set(codes().values()))
        national = _BETWEEN.join(digits[len(code) :])
        written = _BETWEEN.join(code)
        return rf"(?:(?:00|011)?{_BETWEEN}{written}{_BETWEEN})?\(?0?\)?{_BETWEEN}{national}"

    @cached_property
    def _patterns(self) -> list[tuple[str, re.Pattern[bytes]]]:
        phone = self.terms.phone.removeprefix("+")
        wide = [re.escape(text.encode("utf-16-le")) for text in (phone, *self.terms.emails)]
        patterns = [("number", rf"(?<![0-9]){self._number}(?![0-9])".encode())]
        emails = [re.escape(email).encode() for email in self.terms.emails]
        patterns += [("e-mail address", b"|".join(emails))] if emails else []
        patterns += [("number or e-mail address", b"|".join(wide))]
        ids = [re.escape(one).encode() for one in self.terms.contact_ids]
        patterns += [("contact id", b"|".join(ids))] if ids else []
        compiled = [(what, re.compile(pattern, re.IGNORECASE)) for what, pattern in patterns]
        return [*compiled, *([("name", self._names)] if self._names else [])]

    @cached_property
    def _names(self) -> re.Pattern[bytes] | None:
        """Return a pattern of first and last name side by side, in either order; None if no pair is known."""
        gap = rb"[^\w\n]{1,12}"
        pairs = [
            re.escape(one.encode()) + gap + re.escape(two.encode())
            for first, last in self.terms.names
            for one, two in ((first, last), (last, first))
        ]
        return re.compile(rb"(?<![\w])(?:" + b"|".join(pairs) + rb")(?![\w])", re.IGNORECASE) if pairs else None
