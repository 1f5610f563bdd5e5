"""``doctor``: is everything in place for an import? It changes nothing, unless a write check is wished."""

from importer.account.doctor.checks import examine
from importer.account.doctor.findings import Finding, State

__all__ = ["Finding", "State", "examine"]
