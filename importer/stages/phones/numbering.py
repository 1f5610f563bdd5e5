"""Numbering plans as polars expressions, made at run time from the installed ``phonenumbers`` metadata.

Every expression restates one step of ``phonenumbers.parse`` and ``is_valid_number`` for text that holds nothing but
ASCII digits. Metadata patterns hold no look-around, so they mean the same in polars' regex engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import phonenumbers
import polars as pl
from phonenumbers.phonemetadata import PhoneMetadata, PhoneNumberDesc

from importer.stages.phones.oracle import NON_GEOGRAPHICAL, Fault

MAX_DIGITS = 17
"""Longest national number that ``phonenumbers`` parses."""

TYPES = (
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

_TAGGED = pl.col("tagged")


@dataclass(frozen=True, slots=True)
class Plan:
    """One region's numbering plan.

    Attributes:
        code: the calling code.
        main: the region that speaks for the calling code; the code itself where no country owns it.
        idd: pattern of the prefix for calls abroad.
        trunk: pattern of the national prefix; None where there is none.
        trunk_groups: how many groups ``trunk`` captures.
        trunk_rule: what replaces ``trunk`` where its last group took part; None: it is only removed.
        general: pattern of every number of the region, whatever its length.
        lengths: digits that a number may have.
        local_lengths: digits that a number may have within its area only.
    """

    code: str
    main: str
    idd: str | None
    trunk: str | None
    trunk_groups: int
    trunk_rule: str | None
    general: str
    lengths: tuple[int, ...]
    local_lengths: tuple[int, ...]

    def is_general(self, digits: pl.Expr) -> pl.Expr:
        """Whether the digits look like a number of the region; its length is not looked at."""
        return digits.str.contains(f"^(?:{self.general})$")

    def has_trunk(self, digits: pl.Expr) -> pl.Expr:
        """Whether the digits start with what may be the national prefix."""
        return pl.lit(value=False) if self.trunk is None else digits.str.contains(f"^(?:{self.trunk})")

    def without_trunk(self, digits: pl.Expr) -> pl.Expr:
        """The digits without the national prefix, unless that takes a number of the region for none."""
        if self.trunk is None:
            return digits
        stripped = digits.str.replace(f"^(?:{self.trunk})", "")
        if self.trunk_rule is not None:
            has_group = digits.str.extract(f"^(?:{self.trunk})", self.trunk_groups).is_not_null()
            changed = digits.str.replace(f"^(?:{self.trunk})", self.trunk_rule)
            stripped = pl.when(has_group).then(changed).otherwise(stripped)
        return pl.when(self.is_general(digits) & ~self.is_general(stripped)).then(digits).otherwise(stripped)

    def significant(self, digits: pl.Expr) -> pl.Expr:
        """The national significant number: without national prefix where a length is left that numbers may have."""
        stripped = self.without_trunk(digits)
        size = stripped.str.len_bytes()
        fits = size.is_in(self.lengths) | ((size > max(self.lengths)) & ~size.is_in(self.local_lengths))
        return pl.when(fits).then(stripped).otherwise(digits)

    def fault(self, significant: pl.Expr) -> pl.Expr:
        """Why a number that is not valid is not, from its length."""
        size = significant.str.len_bytes()
        return (
            pl.when(size > MAX_DIGITS)
            .then(pl.lit(Fault.TOO_LONG.value))
            .when(size.is_in(self.local_lengths))
            .then(pl.lit(Fault.NO_AREA_CODE.value))
            .when(size < min(self.lengths))
            .then(pl.lit(Fault.TOO_SHORT.value))
            .when(size > max(self.lengths))
            .then(pl.lit(Fault.TOO_LONG.value))
            .when(size.is_in(self.lengths))
            .then(pl.lit(Fault.NOT_ASSIGNED.value))
            .otherwise(pl.lit(Fault.WRONG_LENGTH.value))
        )

    def after_idd(self, digits: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
        """Whether the digits start with the prefix for calls abroad, and the digits after it; no code starts with 0."""
        if self.idd is None:
            return pl.lit(value=False), digits
        after = digits.str.replace(f"^(?:{self.idd})", "")
        return (after.str.len_bytes() < digits.str.len_bytes()) & ~after.str.starts_with("0"), after

    def without_code(self, digits: pl.Expr) -> pl.Expr:
        """The digits after the region's own calling code where it was written without plus; null where it was not."""
        rest = self.without_trunk(digits.str.slice(len(self.code)))
        size = digits.str.len_bytes()
        is_too_long = (size > max(self.lengths)) & ~size.is_in(self.local_lengths)
        is_code = (~self.is_general(digits) & self.is_general(rest)) | is_too_long
        return pl.when(digits.str.starts_with(self.code) & is_code).then(rest)


@cache
def plan(name: str) -> Plan:
    """The plan of a region, or of a calling code that no country owns."""
    metadata = _metadata(name)
    code = str(metadata.country_code)
    general = metadata.general_desc
    if general is None or general.national_number_pattern is None:
        raise LookupError(f"phonenumbers has no general pattern for {name}")
    rule = metadata.national_prefix_transform_rule
    trunk = metadata.national_prefix_for_parsing
    groups = _groups(trunk) if trunk else 0
    return Plan(
        code=code,
        main=main(code),
        idd=_in_ascii(metadata.international_prefix) if metadata.international_prefix else None,
        trunk=_in_ascii(trunk) if trunk else None,
        trunk_groups=groups,
        trunk_rule=_reference(rule) if rule else None,
        general=_in_ascii(general.national_number_pattern),
        lengths=tuple(general.possible_length),
        local_lengths=tuple(general.possible_length_local_only),
    )


def main(code: str) -> str:
    """The name under which ``plan`` knows the plan that speaks for a calling code."""
    owner = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)][0]
    return code if owner == NON_GEOGRAPHICAL else str(owner)


@cache
def mains() -> dict[str, str]:
    """``main`` of every calling code."""
    return {str(code): main(str(code)) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}


@cache
def calling_code_pattern() -> str:
    """A pattern that captures the calling code at the start of international digits; no code starts another."""
    return f"^({'|'.join(str(code) for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))})"


@cache
def is_main_valid(code: str) -> pl.Expr:
    """Whether ``tagged`` (see ``tag``) is a valid number of the region that is asked first; then no other matters."""
    metadata = _metadata(main(code))
    return pl.lit(value=False) if metadata.leading_digits else _has_type(metadata)


@cache
def is_valid(code: str) -> pl.Expr:
    """Whether ``tagged`` (see ``tag``) is a valid number of the calling code.

    Where regions share the code, the first decides whose leading digits fit or, if it has none, whose types fit.
    """
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)]
    if len(regions) == 1:
        return _has_type(_metadata(main(code)))
    decision = pl.lit(value=False)
    for region in reversed(regions):
        metadata = _metadata(region)
        fits = _has_type(metadata)
        if metadata.leading_digits:
            leads = _TAGGED.str.contains(f"^(?:{_in_ascii(metadata.leading_digits)})")
            decision = pl.when(leads).then(fits).otherwise(decision)
        else:
            decision = fits | decision
    return decision


def tag(significant: pl.Expr) -> pl.Expr:
    """``digits:length``, so that one pattern can tell which lengths go with which digits."""
    return pl.concat_str(significant, significant.str.len_bytes().cast(pl.String), separator=":")


@cache
def is_clearly_coded(region: str) -> pl.Expr:
    """Which of two valid readings of national-looking digits a careful person takes: whether that with calling code.

    Looks at ``digits``, a number of the region, and at ``rest``, what they are without the region's calling code at
    their start. German 4915123456789 is a fixed line of Leer to a pattern that knows no lengths, and a mobile phone to
    everybody else. The calling code is believed where

    - ``digits`` is a fixed line and no other kind of number, and
    - ``rest`` is a mobile number; or a fixed line, and the region has a national prefix, which is not there, and
    - ``rest`` is no shorter than the example that the metadata give for its kind: a pattern that knows no lengths finds
      short numbers in everything.

    In all other cases (Italian 3906123456, a mobile phone or one of Rome) both readings are as good.
    """
    metadata = _metadata(region)
    fixed, mobile = metadata.fixed_line, metadata.mobile
    others = [getattr(metadata, kind) for kind in TYPES if kind not in {"fixed_line", "mobile"}]
    digits, rest = tag(pl.col("digits")), tag(pl.col("rest"))
    is_mobile = _is_usual(mobile) & _matches([mobile], rest)
    is_fixed = _is_usual(fixed) & _matches([fixed], rest) & pl.lit(plan(region).trunk is not None)
    is_only_fixed = _matches([fixed], digits) & ~_matches([mobile, *others], digits)
    return is_only_fixed & (is_mobile | is_fixed) & ~_matches(others, rest)


def _is_usual(kind: PhoneNumberDesc | None) -> pl.Expr:
    example = kind.example_number if kind is not None else None
    return pl.lit(value=False) if example is None else pl.col("rest").str.len_bytes() >= len(example)


def _has_type(metadata: PhoneMetadata) -> pl.Expr:
    kinds = [getattr(metadata, kind) for kind in TYPES]
    return _matches([metadata.general_desc]) & _matches(kinds)


def _matches(descriptions: Sequence[PhoneNumberDesc | None], tagged: pl.Expr = _TAGGED) -> pl.Expr:
    alternatives = [
        f"(?:{_in_ascii(description.national_number_pattern)}):{_any_length(description)}"
        for description in descriptions
        if description is not None and description.national_number_pattern
    ]
    return tagged.str.contains(f"^(?:{'|'.join(alternatives)})$") if alternatives else pl.lit(value=False)


def _any_length(description: PhoneNumberDesc) -> str:
    lengths = description.possible_length
    return f"(?:{'|'.join(str(length) for length in lengths)})" if lengths else "[0-9]+"


def _metadata(name: str) -> PhoneMetadata:
    if name.isdigit():
        metadata = PhoneMetadata.metadata_for_nongeo_region(int(name))
    else:
        metadata = PhoneMetadata.metadata_for_region(name)
    if metadata is None:
        raise LookupError(f"phonenumbers has no metadata for {name}")
    return metadata


def _in_ascii(pattern: str) -> str:
    r"""``\d`` as ASCII digits: in Unicode it costs several times as much."""
    return pattern.replace(r"\d", "[0-9]")


def _reference(rule: str) -> str:
    r"""A replacement with ``\1`` written as ``${1}``."""
    return "".join(f"${{{part[0]}}}{part[1:]}" if i else part for i, part in enumerate(rule.split("\\")))


def _groups(pattern: str) -> int:
    return pattern.count("(") - pattern.count("(?:")
