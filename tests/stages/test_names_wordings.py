"""Full names as lists hold them: offices, labels, credentials, other names, firms of many countries."""

import pytest

from tests.quality.name_splitting import split

PEOPLE = {
    "Judge Ann Marlow": ("Ann", "Marlow"),
    "The Rev. Paul Ashby": ("Paul", "Ashby"),
    "Lt Col Ann Marlow, USAF": ("Ann", "Marlow"),
    "mgr inż. Łukasz Żak": ("Łukasz", "Żak"),
    "Ann Marlow, CISSP": ("Ann", "Marlow"),
    "Ann Marlow BSc (Hons)": ("Ann", "Marlow"),
    "Marlow Mrs Ann": ("Ann", "Marlow"),
    "Иванов Иван Иванович": ("Иван Иванович", "Иванов"),
    "Иванов И.И.": ("И.И.", "Иванов"),
    'Robert Orwin "Bob"': ("Robert", "Orwin"),
    '"Ann Marlow"': ("Ann", "Marlow"),
    "Ann Marlow.": ("Ann", "Marlow"),
    "Attn: Ann Marlow": ("Ann", "Marlow"),
    "c/o Ann Marlow": ("Ann", "Marlow"),
    "Ann Marlow aka Annie": ("Ann", "Marlow"),
    "Ann Marlow <ann@example.com>": ("Ann", "Marlow"),
    "Ann Marlow she/her": ("Ann", "Marlow"),
    "James Orwin @ Acme": ("James", "Orwin"),
}
AS_THEY_ARE = {
    "Pastor de la Cruz": ("Pastor", "de la Cruz"),
    "Bishop Marlow": ("Bishop", "Marlow"),
    "Lady T. Marlow": ("Lady T.", "Marlow"),
    "Marlow Hale, Ann": ("Ann", "Marlow Hale"),
    "García López, ANA": ("Ana", "García López"),
    "Alias Marlow": ("Alias", "Marlow"),
    "Иван Петрович Абрамович": ("Иван Петрович", "Абрамович"),
}
FIRMS = """
    Marlow Solicitors; Kent FC; Stadt Bern; Müller Bau; SAS Moreau; Ruiz S.A.; Silva Advogados; Comune di Roma
    Basisschool Visser; Nowak i Synowie; Kovács Bt; Yılmaz A.Ş.; Hansen AS; ООО Ромашка; ИП Иванов; شركة الأمل
"""


@pytest.mark.parametrize("cases", [PEOPLE, AS_THEY_ARE])
def test_what_stands_beside_a_name_is_told_from_it(cases: dict[str, tuple[str, str]]) -> None:
    """Offices come before two names; credentials behind a comma are in capitals; what is a name stays one."""
    found = dict(zip(cases, split(list(cases)), strict=True))
    assert {cell: parts for cell, parts in found.items() if parts != cases[cell]} == {}


def test_firms_of_many_countries_stay_whole() -> None:
    """By a legal form before or behind the name, or by what they do."""
    firms = [firm.strip() for firm in FIRMS.replace("\n", ";").split(";") if firm.strip()]
    assert [parts for parts in split(firms) if parts[1]] == []
