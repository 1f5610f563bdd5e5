"""Cells as people type them and products export them, with what a careful person there makes of each."""

import polars as pl
import pytest

from importer.models.frames import OUTCOME, REASON
from importer.stages.phones import Phones

READ = """
    US | 415-555-0123,24,25 | +14155550123
    US | 415 555-0123 & 24 | +14155550123
    US | 415-555-0123,204 | +14155550123
    US | 415-555-0123-204 | +14155550123
    US | 415-555-0123 24/7 | +14155550123
    US | 415-555-0123 3/14/24 | +14155550123
    US | 1: 415-555-0123 | +14155550123
    US | (415) 555-0123 (212) 555-0124 (312) 555-0125 | +14155550123
    US | 415,555,0123 | +14155550123
    US | old 415-555-0123 new 212-555-0124 | +12125550124
    US | 415-555-0123 (old), 212-555-0124 (new) | +12125550124
    US | not 415-555-0123 but 212-555-0124 | +12125550124
    US | (415) 555-0123.0 | +14155550123
    US | 415-555-0123 / bob99@example.com | +14155550123
    US | 4155550123@txt.example.com | +14155550123
    US | 415-555-0123 https://example.com/u/123456789 | +14155550123
    US | 415-555-0123 Order #12345 | +14155550123
    US | order phone 415-555-0123 | +14155550123
    US | Phonenumber4155550123 | +14155550123
    GB | 020 7946 0123-5 | +442079460123
    GB | 07400 123456 (Dave) / 07400 123457 (Sue) | +447400123456
    DE | 491713920055 | +491713920055
    DE | 0171 3920055.0 | +491713920055
    DE | 0171-3920055,0 | +491713920055
    DE | (30) 123456 | +4930123456
    DE | 030 23125100 2. Stock | +493023125100
    DE | alt: 0171 3920055 neu: 0172 3920056 | +491723920056
    AT | 0664/1234567,00 | +436641234567
    CH | 079/123'45'67 | +41791234567
    FR | 0692 12 34 56 | +262692123456
    FR | +33 690 12 34 57 | +590690123457
    FI | 09 1234567 alanumero 12 | +35891234567
    FI | 040 123 456.0 | +35840123456
    ID | 0812-3456-789.0 | +628123456789
    PL | (0-22) 555 03 19 | +48225550319
    PL | 0-512-345-678 | +48512345678
    CZ | 0601 123 456 | +420601123456
    UA | 8 067 123 45 11 | +380671234511
    CL | 02 2123 4567 | +56221234567
    CO | 03 310 5550101 | +573105550101
    BR | 0**11 91234-5678 | +5511912345678
    CN | 010-82345678-801 | +861082345678
    EG | 2 34056812 | +20234056812
    TW | 2-2345-6789 | +886223456789
"""
"""Country, cell and number."""

REFUSED = """
    DE | 20240501 | ambiguous
    DE | 23125100 | ambiguous
    DE | 23125100.0 | ambiguous
    AT | 512 34 56 | ambiguous
    SE | 465 004 80 | ambiguous
    SE | 19800512 | ambiguous
    FI | 2020073 | ambiguous
    EG | 3405 6812 | ambiguous
    MY | 95149174 | ambiguous
    KR | 2123-4567 | ambiguous
    TW | 2469 6393 | ambiguous
    HU | 1980. 05. 12. | invalid
    SI | 12. 5. 1980 | invalid
    US | 2024-05-01 10:00 | invalid
    DE | DE89 3704 0044 0532 0130 00 | invalid
    DE | DE123456789 | invalid
    DE | KdNr 0301234567 | invalid
    DE | Auftrags-Nr. 0301234567 | invalid
    DE | Rechnung 2024-123456 | invalid
    DE | BLZ 10050000 Kto 0301234567 | invalid
    IT | P.IVA 01234567890 | invalid
    IT | IT01234567890 | invalid
    FR | n° client 0123456789 | invalid
    FR | Commande n° 0123456789 | invalid
    ES | DNI 612345678 | invalid
    PL | NIP 512-345-67-89 | invalid
    US | Invoice #4155550123 | invalid
    US | INV-4155550123 | invalid
    US | Account Number: 415-555-0123 | invalid
    US | jane4155550123@example.com | invalid
    US | instagram: jane4155550123 | invalid
    US | https://www.example.com/p/4155550123 | invalid
    US | facebook.com/4155550123 | invalid
    IN | Rs.9876543210/- | invalid
    AT | EUR 123456 | invalid
    DE | eFax: 03222 1234567 | invalid
    US | 44, 7400 123456 | invalid
"""
"""Country, cell and what its row is settled as."""


def table(text: str) -> list[list[str]]:
    return [[part.strip() for part in line.split(" | ")] for line in text.strip().splitlines()]


@pytest.mark.parametrize("cells", [READ, REFUSED], ids=["read", "refused"])
def test_cells_of_the_field_mean_what_a_careful_person_reads(cells: str) -> None:
    """What one reading explains is read; what is no phone number, or may be two, is refused."""
    regions, texts, wanted = zip(*table(cells), strict=True)
    frame = pl.DataFrame({"phone:A": texts, "region": regions}).with_columns(
        outcome=pl.lit(None, OUTCOME),
        reason=pl.lit(None, REASON),
        detail=pl.lit(None, pl.String),
        changes=pl.lit(None, pl.String),
    )
    read = Phones(None)(frame)
    found = read.select(pl.coalesce("phone", pl.col("reason").cast(pl.String).str.strip_prefix("phone-"))).to_series()
    rows = zip(texts, wanted, found, strict=True)
    assert [(text, want, got) for text, want, got in rows if want != got] == []


def test_a_local_number_is_told_as_one() -> None:
    """The words say both readings, and what to do."""
    frame = pl.DataFrame({"phone:A": ["23125100"], "region": ["DE"]}).with_columns(
        outcome=pl.lit(None, OUTCOME),
        reason=pl.lit(None, REASON),
        detail=pl.lit(None, pl.String),
        changes=pl.lit(None, pl.String),
    )
    (detail,) = Phones(None)(frame)["detail"]
    assert detail == (
        "A: can be read with its first 0 left out or as a number without its area code; write it with + and its "
        "country's code"
    )
