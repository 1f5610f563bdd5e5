"""``doctor``: is everything in place for an import? Looks and changes nothing, unless a write check is asked for."""

from importer.doctor.checks import examine
from importer.doctor.findings import Finding, State

__all__ = ["Finding", "State", "examine"]
