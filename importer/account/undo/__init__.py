"""``undo``: the contacts that a run created are deleted again, and each of its imported rows is accounted for."""

from importer.account.undo.account import UndoSummary
from importer.account.undo.carry_out import undo
from importer.account.undo.planning import UndoPlan, plan_undo

__all__ = ["UndoPlan", "UndoSummary", "plan_undo", "undo"]
