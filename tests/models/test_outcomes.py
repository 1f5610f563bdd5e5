"""Outcomes and their reasons."""

from importer.models.outcomes import REASONS


def test_every_reason_is_explained() -> None:
    """A reason that a person can fix says how."""
    assert all(info.meaning.endswith(".") for info in REASONS.values())
    assert all(info.fix for info in REASONS.values() if info.is_fixable)
