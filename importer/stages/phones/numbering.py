"""Numbering plans, made at run time from the installed ``phonenumbers`` metadata, and how a number is read by them.

The steps are those of ``phonenumbers.parse`` and ``is_valid_number``, for text that holds nothing but ASCII digits.
They ask of a number no more than is needed (see ``patterns``): where its first digits and its length decide, one answer
holds for all such numbers, and where they do not, ``Undecided`` is raised.
"""

from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers.phonemetadata import PhoneMetadata, PhoneNumberDesc

from importer.stages.phones.oracle import NON_GEOGRAPHICAL, Fault
from importer.stages.phones.patterns import Digits, Pattern, Undecided, pattern

MAX_DIGITS = 17
"""Longest national number that ``phonenumbers`` parses."""

_SHORTEST = 2
"""Digits of the shortest national number that it parses."""

_TYPES = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "fixed_line",
    "mobile",
)
"""The kinds of numbers that make a number valid."""


@dataclass(frozen=True, slots=True)
class National:
    """A number split into its calling code, such as ``49``, and its national significant digits.

    Attributes:
        code: None where the number is too long for ``phonenumbers`` to have found one.
        digits: without national prefix.
        fault: why it is not valid; None where it is.
    """

    code: str | None
    digits: Digits
    fault: Fault | None


def read(digits: Digits, region: str | None) -> National:
    """The number as ``phonenumbers`` reads it.

    Args:
        digits: as written, or as dialled.
        region: where it was written without plus; None: with one.

    Raises:
        Undecided: the answer depends on digits that are not known, or only ``phonenumbers`` knows it.
    """
    code, national, plan = _split(digits, None if region is None else Plan.of(region))
    if national.size < _SHORTEST:
        raise Undecided
    significant = plan.significant(national)
    if significant.size > MAX_DIGITS:
        return National(None, significant, Fault.TOO_LONG)
    is_number = is_valid(code, significant)
    return National(code, significant, None if is_number else Plan.of(main(code)).fault(significant.size))


def with_code_believed(number: National, digits: Digits, region: str) -> National:
    """The better of two readings, where digits without plus are as valid with their first as the country's code.

    Args:
        number: the valid number that ``phonenumbers`` reads.
        digits: as written.
        region: where.

    Returns:
        German 4915123456789 as a mobile phone (see ``_is_clearly_coded``); a number with the fault that it has two
        readings where both are as good; ``number`` where there is no other.

    Raises:
        Undecided: as ``read``.
    """
    code = Plan.of(region).code
    if number != National(code, digits, None) or not digits.starts_with(code):
        return number
    coded = read(digits, None)
    if coded.fault is not None:
        return number
    if _is_clearly_coded(region, digits, digits.after(len(code))):
        return coded
    return National(code, digits, Fault.TWO_READINGS)


def _split(digits: Digits, home: "Plan | None") -> tuple[str, Digits, "Plan"]:
    """The calling code, what follows it, and the plan that tells what the latter is."""
    dialled = digits if home is None else home.after_idd(digits)
    if dialled is not None:
        code = _code_of(dialled)
        return code, dialled.after(len(code)), Plan.of(main(code))
    assert home is not None  # noqa: S101 - without a home every number is dialled from abroad
    rest = home.without_code(digits)
    return (home.code, digits, home) if rest is None else (home.code, rest, Plan.of(main(home.code)))


def _code_of(digits: Digits) -> str:
    for size in (1, 2, 3):
        code = digits.known[:size]
        if len(code) == size and code[0] != "0" and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return code
    raise Undecided


@dataclass(frozen=True, slots=True)
class Plan:
    """One region's numbering plan.

    Attributes:
        code: the calling code.
        idd: the prefix for calls abroad.
        trunk: the national prefix; None where there is none.
        trunk_rule: what replaces ``trunk`` where its last group took part; None: it is only removed.
        general: every number of the region, whatever its length.
        lengths: digits that a number may have.
        local_lengths: digits that a number may have within its area only.
    """

    code: str
    idd: Pattern | None
    trunk: Pattern | None
    trunk_rule: str | None
    general: Pattern
    lengths: tuple[int, ...]
    local_lengths: tuple[int, ...]

    @staticmethod
    @cache
    def of(name: str) -> "Plan":
        """The plan of a region, or of a calling code that no country owns."""
        metadata = _metadata(name)
        general = metadata.general_desc
        if general is None or general.national_number_pattern is None:
            raise LookupError(f"phonenumbers has no general pattern for {name}")
        trunk = metadata.national_prefix_for_parsing
        return Plan(
            code=str(metadata.country_code),
            idd=pattern(metadata.international_prefix) if metadata.international_prefix else None,
            trunk=pattern(trunk) if trunk else None,
            trunk_rule=metadata.national_prefix_transform_rule or None,
            general=pattern(general.national_number_pattern),
            lengths=tuple(general.possible_length),
            local_lengths=tuple(general.possible_length_local_only),
        )

    def after_idd(self, digits: Digits) -> Digits | None:
        """The digits after the prefix for calls abroad, where they start with it; no calling code starts with 0."""
        found = self.idd.match_start(digits) if self.idd else None
        if found is None:
            return None
        after = digits.after(found.end())
        return None if after.starts_with("0") else after

    def without_code(self, digits: Digits) -> Digits | None:
        """The digits without the region's own calling code, where that was written without plus."""
        if not digits.starts_with(self.code):
            return None
        rest = self.without_trunk(digits.after(len(self.code)))
        is_too_long = digits.size > max(self.lengths) and digits.size not in self.local_lengths
        return rest if is_too_long or (self.general.matches(rest) and not self.general.matches(digits)) else None

    def without_trunk(self, digits: Digits) -> Digits:
        """The digits without the national prefix, unless that takes a number of the region for none."""
        found = self.trunk.match_start(digits) if self.trunk else None
        if found is None:
            return digits
        stripped = digits.after(found.end())
        if self.trunk_rule and found.groups() and found.groups()[-1] is not None:
            stripped = stripped.behind(found.expand(self.trunk_rule))
        return digits if self.general.matches(digits) and not self.general.matches(stripped) else stripped

    def significant(self, digits: Digits) -> Digits:
        """The national significant number: without national prefix where a length is left that numbers may have."""
        stripped = self.without_trunk(digits)
        is_too_long = stripped.size > max(self.lengths) and stripped.size not in self.local_lengths
        return stripped if is_too_long or stripped.size in self.lengths else digits

    def fault(self, size: int) -> Fault:
        """Why a number of this many digits that is not valid is not."""
        if size in self.local_lengths:
            return Fault.NO_AREA_CODE
        if size < min(self.lengths):
            return Fault.TOO_SHORT
        if size > max(self.lengths):
            return Fault.TOO_LONG
        return Fault.NOT_ASSIGNED if size in self.lengths else Fault.WRONG_LENGTH


def is_valid(code: str, significant: Digits) -> bool:
    """Whether the digits are a number of the calling code.

    Where regions share the code, the first decides whose leading digits fit or, if it has none, whose types fit.
    """
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)]
    if len(regions) == 1:
        return _has_type(main(code), significant)
    for region in regions:
        leading = _metadata(region).leading_digits
        if not leading:
            if _has_type(region, significant):
                return True
        elif pattern(leading).match_start(significant):
            return _has_type(region, significant)
    return False


def main(code: str) -> str:
    """The name of the plan that speaks for a calling code: its main region, or the code where no country owns it."""
    owner = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)][0]
    return code if owner == NON_GEOGRAPHICAL else str(owner)


def _is_clearly_coded(region: str, digits: Digits, rest: Digits) -> bool:
    """Which of two valid readings of national-looking digits a careful person takes: whether that with calling code.

    ``digits`` are a number of the region, and so is ``rest``, what they are without the region's calling code at their
    start. German 4915123456789 is a fixed line of Leer to a pattern that knows no lengths, and a mobile phone to
    everybody else. The calling code is believed where

    - ``digits`` is a fixed line and no other kind of number, and
    - ``rest`` is a mobile number; or a fixed line, and the region has a national prefix, which is not there, and
    - ``rest`` is no shorter than the example that the metadata give for its kind: a pattern that knows no lengths finds
      short numbers in everything.

    In all other cases (Italian 3906123456, a mobile phone or one of Rome) both readings are as good.
    """
    metadata = _metadata(region)
    others = tuple(kind for kind in _TYPES if kind not in {"fixed_line", "mobile"})
    is_mobile = _is_usual(metadata.mobile, rest) and _is_of(region, ("mobile",), rest)
    is_fixed = bool(Plan.of(region).trunk) and _is_usual(metadata.fixed_line, rest)
    return (
        (is_mobile or (is_fixed and _is_of(region, ("fixed_line",), rest)))
        and not _is_of(region, others, rest)
        and _is_of(region, ("fixed_line",), digits)
        and not _is_of(region, ("mobile", *others), digits)
    )


def _is_usual(kind: PhoneNumberDesc | None, digits: Digits) -> bool:
    example = kind.example_number if kind is not None else None
    return example is not None and digits.size >= len(example)


def _has_type(name: str, significant: Digits) -> bool:
    return _is_of(name, ("general_desc",), significant) and _is_of(name, _TYPES, significant)


def _is_of(name: str, kinds: tuple[str, ...], significant: Digits) -> bool:
    fitting = _any_of(name, kinds, significant.size)
    return fitting is not None and fitting.matches(significant)


@cache
def _any_of(name: str, kinds: tuple[str, ...], size: int) -> Pattern | None:
    """What holds for every number of ``size`` digits that is of one of the kinds; None: there is no such number."""
    metadata = _metadata(name)
    patterns = [
        description.national_number_pattern
        for description in (getattr(metadata, kind) for kind in kinds)
        if description is not None
        and description.national_number_pattern
        and (not description.possible_length or size in description.possible_length)
    ]
    return pattern("|".join(f"(?:{text})" for text in patterns)) if patterns else None


def _metadata(name: str) -> PhoneMetadata:
    if name.isdigit():
        metadata = PhoneMetadata.metadata_for_nongeo_region(int(name))
    else:
        metadata = PhoneMetadata.metadata_for_region(name)
    if metadata is None:
        raise LookupError(f"phonenumbers has no metadata for {name}")
    return metadata
