"""``undo``: what a run created is deleted again, and every contact of it is accounted for."""

from importer.account.undo.account import UndoSummary
from importer.account.undo.carry_out import undo
from importer.account.undo.planning import UndoPlan, plan_undo

__all__ = ["UndoPlan", "UndoSummary", "plan_undo", "undo"]
