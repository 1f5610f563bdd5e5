"""The records by which dates are judged: how coarse dates are, and how far two clocks may be apart."""

from importer.delivery.evidence import Dates, Span
from importer.targets import Found


def seen(*moments: float | None, has_zone: bool = True) -> Dates:
    dates = Dates()
    for number, moment in enumerate(moments):
        dates.note(Found(f"c{number}", "+14155550100", moment, has_zone=has_zone))
    return dates


def test_dates_are_as_coarse_as_the_finest_of_them_shows() -> None:
    """Whole minutes until one shows seconds, and seconds until one shows less; they never get coarser again."""
    assert [seen(*moments).grain for moments in ((120.0,), (120.0, 61.0), (61.0, 120.0))] == [60.0, 1.0, 1.0]
    assert seen(61.25).grain < 1.0
    assert seen(61.25, 120.0).grain == seen(61.25).grain


def test_an_undated_contact_shows_nothing() -> None:
    """Nor does a date without a zone make the others doubtful before it comes."""
    assert seen(None) == Dates()
    assert (seen(60.0, 180.0, None, 120.0).newest, seen(60.0).are_zoned) == (180.0, True)
    assert not seen(60.0, has_zone=False).are_zoned


def test_spans_of_what_two_clocks_may_differ_by() -> None:
    """Wider on both sides, over both, and how far two are apart; one that is impossible has less than no width."""
    near, far = Span(-1.0, 2.0), Span(5.0, 6.0)
    assert (near.width, Span(2.0, 1.0).width) == (3.0, -1.0)
    assert near.wider(0.5) == Span(-1.5, 2.5)
    assert near.hull(far) == far.hull(near) == Span(-1.0, 6.0)
    assert (near.gap(far), far.gap(near)) == (3.0, 3.0)
    assert near.gap(Span(1.0, 9.0)) <= 0
