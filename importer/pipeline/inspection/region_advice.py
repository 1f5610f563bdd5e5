"""The country of numbers that are written without one: a suggestion for ``--region``, never applied by itself.

Numbering plans overlap: most plans take most of a neighbour's numbers, and some take nearly anything. So a country is
named only if its plan takes the numbers and no other does, or if the list itself hints at it: by the
domains of its addresses, the language of its header, its encoding, or numbers as only North America writes them. Where
these disagree, or the rows that name their country name others, none is advised.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import polars as pl

from importer.models.frames import PHONE, RAW, begin, with_prefix
from importer.models.mappings import Mapping as Columns
from importer.models.outcomes import Reason
from importer.models.sources import Source
from importer.stages.map import Map
from importer.stages.map.regions import UNKNOWN, region_of_number
from importer.stages.phones import Phones

_REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "BE", "AT", "CH", "PL", "BR", "MX", "AR", "IN", "AU", "JP", "ZA")
"""Countries that are always tried, by how many people of the world's online lists live there."""

_HEADERS = {
    "DE": "vorname nachname handy rufnummer straße plz ort wohnort kundennr kundennummer umsatz einwilligung anrede",
    "FR": "prénom nom ville portable courriel adresse société désabonné civilité",
    "ES": "nombre apellidos apellido móvil correo ciudad población empresa",
    "IT": "cognome cellulare città indirizzo azienda cap",
    "NL": "voornaam achternaam telefoonnummer mobiel woonplaats bedrijf naam",
    "PL": "imię nazwisko komórka miasto firma zgoda",
    "BR": "sobrenome celular cidade cep cpf",
    "PT": "telemóvel apelido morada nif",
    "TR": "soyad soyadı adı şehir cep",
    "SE": "förnamn efternamn postnr ort samtycke",
    "CZ": "jméno příjmení město psč souhlas",
    "VN": "họ tên sđt",
    "ID": "nama hp kota alamat",
    "RU": "фамилия имя телефон фио город",
    "UA": "прізвище ім'я місто",
    "JP": "氏名 電話番号 携帯電話 メール 住所 名前 フリガナ",
    "CN": "姓名 手机 手机号 手机号码 电话 邮箱",
    "KR": "이름 전화번호 휴대폰 이메일 주소",
    "IN": "नाम मोबाइल फोन ईमेल शहर",
    "BD": "নাম মোবাইল ফোন ইমেইল",
    "PK": "نام موبائل فون شہر",
}
"""Words of headers that hint at a language, under the country where most lists in it come from."""

_WORDS = {word: region for region, words in _HEADERS.items() for word in words.split()}
_ENCODINGS = {"cp932": "JP", "euc_jp": "JP", "gb18030": "CN", "gbk": "CN", "big5": "TW", "cp949": "KR"}
_DOMAINS = {"uk": "GB"} | {region.lower(): region for region in (*_REGIONS, *_HEADERS) if region not in ("US", "IN")}
_NORTH_AMERICAN = r"^\+?1?[2-9]\d{2}[2-9]\d{6}$"

_ENOUGH = 0.2
"""Share of the rows that name their country which must be of a region before it is advised for the others."""

Sample = tuple[Source, Columns, pl.DataFrame]


def suggest_region(samples: Sequence[Sample]) -> str | None:
    """Return advice on ``--region`` in words; None if no number lacks a country, or no plan takes half of these."""
    undecided = [frame for sample in samples if (frame := _undecided(*sample)).height]
    ambiguous = sum(frame.height for frame in undecided)
    if not ambiguous:
        return None
    hints = _hints(samples, undecided)
    known = _known_regions(samples)
    valid = {
        region: sum(Phones(region)(frame)["phone"].count() for frame in undecided)
        for region in dict.fromkeys((*hints, *_REGIONS))
    }
    most = max(valid.values())
    if most < ambiguous / 2:
        return None
    fitting = sorted((region for region in valid if valid[region] >= 0.9 * most), key=lambda region: -valid[region])
    hinted = next((region for region in hints if region in fitting), None)
    region = hinted or fitting[0]
    against = _against(region, hints, known)
    if against is None and (hinted or len(fitting) == 1):
        why = f", and {hints[region]}" if hinted else ""
        share = f"{valid[region] / ambiguous:.0%}"
        return f"{share} of the numbers without a country are valid in {region}{why}: --region {region}"
    if against is not None:
        return (
            f"{valid[region] / ambiguous:.0%} of the numbers without a country would be valid in {region}, but "
            f"{against}. Find out where they are from, and add a country column or --region with it."
        )
    several = ", ".join(f"{region} {valid[region] / ambiguous:.0%}" for region in fitting[:5])
    return (
        f"The numbers without a country are valid in several: {several}. Add --region with the one where the list "
        f"comes from, such as --region {fitting[0]}."
    )


def _against(region: str, hints: Mapping[str, str], known: Counter[str]) -> str | None:
    """Say what in the list speaks against a region; None if nothing does."""
    if known and known[region] < _ENOUGH * known.total():
        most = known.most_common(1)[0][0]
        return f"most of those that name theirs are of {most}"
    other = next((hint for hint in hints if hint != region), None)
    return None if other is None else f"{hints[other]} ({other})"


def _known_regions(samples: Sequence[Sample]) -> Counter[str]:
    """Count the rows that name each country, by their country column or by a number with its calling code."""
    found: Counter[str] = Counter()
    for source, mapping, rows in samples:
        frame = Phones(None)(Map(mapping)(begin(rows, source, 0)))
        named = frame["region"].drop_nulls()
        numbers = frame.filter(frame["region"].is_null())["phone"].drop_nulls()
        found.update(region for region in named if region != UNKNOWN)
        found.update(filter(None, (region_of_number(number) for number in numbers)))
    return found


def _undecided(source: Source, mapping: Columns, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows whose number lacks a country, ready for ``Phones``."""
    frame = Map(mapping)(begin(rows, source, 0))
    is_ambiguous = Phones(None)(frame)["reason"].cast(pl.String) == Reason.PHONE_AMBIGUOUS.value
    return frame.filter(is_ambiguous & frame["region"].is_null())


def _hints(samples: Sequence[Sample], undecided: Sequence[pl.DataFrame]) -> dict[str, str]:
    """Return the countries that the list hints at, the surest first, each with the hint in words."""
    hints: dict[str, str] = {}  # ``setdefault`` below: the first hint at a country is the surest, and stays
    digits = pl.concat([_digits(frame) for frame in undecided])
    if (digits.str.contains(_NORTH_AMERICAN)).sum() >= 0.9 * digits.len():
        hints["US"] = "they are written as in North America"
    domains: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for source, mapping, rows in samples:
        if region := _ENCODINGS.get(source.encoding or ""):
            hints.setdefault(region, "the file's encoding is of there")
        headers = " ".join(source.columns).casefold().replace(".", " ").split()
        words.update(_WORDS[word] for word in headers if word in _WORDS)
        if mapping.email is not None:
            last = rows[RAW + mapping.email].str.to_lowercase().str.extract(r"\.([a-z]{2})\s*$")
            domains.update(_DOMAINS[domain] for domain in last.drop_nulls() if domain in _DOMAINS)
    for region, _ in domains.most_common(1):
        hints.setdefault(region, "e-mail addresses are of there")
    for region, count in words.most_common(1):
        if count >= 2:
            hints.setdefault(region, "the header is in its language")
    return hints


def _digits(frame: pl.DataFrame) -> pl.Series:
    """Return the digits of each filled phone cell, without the ``.0`` that a spreadsheet adds."""
    cells = [frame[name].drop_nulls() for name in with_prefix(frame, PHONE)]
    return pl.concat(cells).str.replace(r"\.0$", "").str.replace_all(r"[^\d+]", "")
