"""Numbering plans, made at run time from the installed ``phonenumbers`` metadata.

The steps are those of ``phonenumbers.parse`` and ``is_valid_number``, taken by all readings of a number at once: with
the region's prefix for calls abroad, with the country's code, with the national prefix and without each. A reading is
what the digits so far leave open; ``reading.step`` goes on by a digit, and at the end they are compared.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import phonenumbers
from phonenumbers.phonemetadata import PhoneMetadata

from importer.stages.phones import patterns
from importer.stages.phones.libphonenumber import NON_GEOGRAPHICAL, Fault
from importer.stages.phones.patterns import Label, Path, State

MAX_DIGITS = 17
"""Longest national number that ``phonenumbers`` parses."""

LOCAL_SIZE = 7
"""Digits of a North American number without its area code."""

SHORTER_MOBILE = 1
"""Digits that a mobile number may have less than the example and still be as usual: German ones have ten or eleven."""

MIN_DIGITS = 2
"""Shortest national number, with its calling code or without, that it parses."""

OTHER_TYPES = ("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail")
TYPES = (*OTHER_TYPES, "fixed_line", "mobile")
"""The kinds of numbers that make a number valid."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """One region's numbering plan.

    Attributes:
        name: the region, or the calling code where no country owns it.
        code: the calling code.
        idd: the ways into the prefix for calls abroad.
        trunk: the ways into the national prefix.
        group, replacement: where this group of ``trunk`` took part, it and ``replacement`` before it replace the
            prefix; 0: the prefix is only removed.
        lengths: digits that a number may have.
        local_lengths: digits that a number may have within its area only.
        usual: digits of the example of a mobile number and of a fixed line; 0 where there is none.
    """

    name: str
    code: str
    idd: tuple[Path, ...]
    trunk: tuple[Path, ...]
    group: int
    replacement: str
    lengths: tuple[int, ...]
    local_lengths: tuple[int, ...]
    usual: dict[str, int]

    @staticmethod
    @cache
    def of(name: str) -> "Plan":
        """Return the plan of a region, or of a calling code that no country owns."""
        metadata = metadata_of(name)
        general, trunk = metadata.general_desc, metadata.national_prefix_for_parsing
        if general is None or general.national_number_pattern is None:
            raise LookupError(f"phonenumbers has no general pattern for {name}")
        replacement, _, group = (metadata.national_prefix_transform_rule or "").partition("\\")
        # Refused and not guessed: the readings take for granted that only the last group can replace the prefix.
        if group and int(group) != (trunk or "").replace("(?:", "").count("("):
            raise LookupError(f"phonenumbers has a rule of an unknown form for {name}")
        kinds = {kind: getattr(metadata, kind) for kind in ("mobile", "fixed_line")}
        return Plan(
            name=name,
            code=str(metadata.country_code),
            idd=patterns.paths(metadata.international_prefix) if metadata.international_prefix else (),
            trunk=patterns.paths(trunk) if trunk else (),
            group=int(group or 0),
            replacement=replacement,
            lengths=tuple(general.possible_length),
            local_lengths=tuple(general.possible_length_local_only),
            usual={kind: len(about.example_number or "") if about else 0 for kind, about in kinds.items()},
        )

    @staticmethod
    @cache
    def of_code(code: str) -> "Plan":
        """Return the plan of a calling code's main region."""
        return Plan.of(_owners(code)[0])

    @property
    def language(self) -> State:
        """Return the state before a national number of the plan's calling code."""
        return _language(self.code)

    def is_general(self, state: State) -> bool:
        """Return True if what was read fits the general pattern of the plan, whatever its length."""
        return any(label.kind == "general_desc" and label.region == self.name for label in state.ends)

    def is_too_long(self, size: int) -> bool:
        """Return True if no number of the plan is as long."""
        return size > max(self.lengths) and size not in self.local_lengths

    def fault(self, size: int) -> Fault:
        """Return why an invalid number of this many digits is invalid."""
        if size in self.local_lengths:
            return Fault.NO_AREA_CODE
        if size < min(self.lengths):
            return Fault.TOO_SHORT
        if size > max(self.lengths):
            return Fault.TOO_LONG
        return Fault.NOT_ASSIGNED if size in self.lengths else Fault.WRONG_LENGTH


class Cut(NamedTuple):
    """A number's recipe: ``lead``, the written digits from ``first`` up to ``last``, and those from ``tail`` on."""

    lead: str
    first: int
    last: int
    tail: int

    def size(self, position: int) -> int:
        """Return how many digits the number has once ``position`` digits were read."""
        return len(self.lead) + self.last - self.first + position - self.tail


class Strip(NamedTuple):
    """A way through a national prefix; ``group`` is what was read of the number that replaces it, from ``first`` on."""

    path: Path
    group: State | None = None
    first: int = 0
    last: int = 0

    @property
    def is_inside(self) -> bool:
        """Return True while the group that replaces the prefix is being read."""
        return self.group is not None and not self.last

    def on(self, plan: Plan, path: Path, position: int) -> "Strip":
        """Return the strip after going along ``path`` from ``position``."""
        state, first, last = self.group, self.first, self.last
        for mark in path.marks:
            if mark.group == plan.group != 0:
                if mark.sign == "(":
                    state, first, last = plan.language.after_all(plan.replacement), position, 0
                else:
                    last = position
        return Strip(path._replace(marks=()), state, first, last)

    def cut(self, plan: Plan, position: int) -> tuple[Cut, State]:
        """Return the number's recipe if the prefix ends here, and the state of what was read of it."""
        if self.group is None:
            return Cut(plan.code, 0, 0, position), plan.language
        return Cut(plan.code + plan.replacement, self.first, self.last, position), self.group


Strips = tuple[Strip, ...]


@cache
def begun(plan: Plan) -> tuple[Strips, Strip | None]:
    """Return the strips that begin a plan's national prefix; and the one that ends at once, None if there is none."""
    return _ordered([Strip(path).on(plan, path, 0) for path in plan.trunk])


def advanced(plan: Plan, strips: Strips, digit: str, position: int) -> tuple[Strips, Strip | None]:
    """Return the strips after a digit (``position`` is behind it); and the one that ends there, None if none does."""
    on = []
    for strip in strips:
        if digit in strip.path.members:
            read = strip._replace(group=strip.group.after(digit)) if strip.group and strip.is_inside else strip
            on += [read.on(plan, path, position) for path in patterns.after(strip.path, digit)]
    return _ordered(on)


def _ordered(strips: list[Strip]) -> tuple[Strips, Strip | None]:
    """Return the first strip for each path, up to the first that ends: ``re`` never comes to those behind it."""
    first: dict[Path, Strip] = {}
    for strip in strips:
        if strip.path.is_end:
            return tuple(first.values()), strip
        first.setdefault(strip.path, strip)
    return tuple(first.values()), None


def ended(strips: Strips) -> Strip | None:
    """Return the strip that ends only where the number does; None if there is none."""
    return next((strip for strip in strips if strip.path.is_end_of_number), None)


def is_valid(code: str, state: State, size: int) -> bool:
    """Return True if what was read is a number of the calling code.

    Where regions share the code, the first decides whose leading digits fit or, if it has none, whose types fit.
    """
    return owner_of(code, state, size) is not None


def owner_of(code: str, state: State, size: int) -> str | None:
    """Return the region that decides that a number of a calling code is valid; None if it is not."""
    owners = _owners(code)
    if len(owners) == 1:
        return owners[0] if _has_type(owners[0], state, size) else None
    for region in owners:
        if not metadata_of(region).leading_digits:
            if _has_type(region, state, size):
                return region
        elif any(label.kind == "leading_digits" and label.region == region for label in state.ends):
            return region if _has_type(region, state, size) else None
    return None


def _has_type(region: str, state: State, size: int) -> bool:
    kinds = kinds_of(region, state, size)
    return "general_desc" in kinds and len(kinds - {"general_desc", "leading_digits"}) > 0


def kinds_of(region: str, state: State, size: int) -> set[str]:
    """Return the names of the region's descriptions that what was read fits."""
    return {
        label.kind for label in state.ends if label.region == region and (not label.lengths or size in label.lengths)
    }


def is_clearly_coded(plan: Plan, of_whole: set[str], of_rest: set[str], size: int) -> bool:
    """Return True if digits that are valid as a national number and as "calling code + number" are the latter.

    ``of_whole`` are the region's kinds of numbers that all digits fit, ``of_rest`` those that the digits behind the
    calling code fit; ``size`` is how many these are. German 4915123456789 is a fixed line of Leer to a pattern that
    knows no lengths, and a mobile phone to everybody else. The calling code is believed where

    - the whole is a fixed line and no other kind of number, and
    - the rest is a mobile number; or a fixed line, and the region has a national prefix, which is not there, and
    - the rest is about as long as the example that the metadata give for its kind, or longer: a pattern that knows no
      lengths finds short numbers in everything.

    In all other cases (Italian 3906123456, a mobile phone or one of Rome) both readings are as good.
    """
    shorter = {"mobile": SHORTER_MOBILE, "fixed_line": 0}
    is_usual = {kind for kind, usual in plan.usual.items() if usual and size >= usual - shorter[kind]}
    believed = {"mobile", "fixed_line"} if plan.trunk else {"mobile"}
    return (
        len(of_rest & believed & is_usual) > 0
        and of_rest.isdisjoint(OTHER_TYPES)
        and "fixed_line" in of_whole
        and of_whole.isdisjoint({"mobile", *OTHER_TYPES})
    )


def is_code(digits: str) -> bool:
    """Return True if the digits are a calling code."""
    return digits[0] != "0" and int(digits) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE


@cache
def _owners(code: str) -> tuple[str, ...]:
    """Return the names of the plans that share a calling code, the main one first."""
    owners: tuple[str, ...] = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)]
    return (code,) if owners[0] == NON_GEOGRAPHICAL else owners


@cache
def _language(code: str) -> State:
    whole, beginnings = [], []
    for region in _owners(code):
        metadata = metadata_of(region)
        for kind in ("general_desc", *TYPES):
            about = getattr(metadata, kind)
            if about is not None and about.national_number_pattern:
                label = Label(region, kind, tuple(about.possible_length or ()))
                whole.append((about.national_number_pattern, label))
        if metadata.leading_digits:
            beginnings.append((metadata.leading_digits, Label(region, "leading_digits")))
    return patterns.start(whole, beginnings)


def metadata_of(name: str) -> PhoneMetadata:
    """Return the metadata of a region, or of a calling code that no country owns.

    Raises:
        LookupError: ``phonenumbers`` has none.
    """
    if name.isdigit():
        metadata = PhoneMetadata.metadata_for_nongeo_region(int(name))
    else:
        metadata = PhoneMetadata.metadata_for_region(name)
    if metadata is None:
        raise LookupError(f"phonenumbers has no metadata for {name}")
    return metadata
