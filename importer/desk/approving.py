"""The Approve screen: what a run that waits, or that a guard held back, would send, and what an approval binds."""

from collections.abc import Mapping

import polars as pl
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from importer.account.connection import key_of
from importer.account.whose import Whose
from importer.desk.application import Desk
from importer.desk.sending import form, host_of
from importer.desk.under_way import UnderWay
from importer.errors import ImporterError, UsageError
from importer.models.watching import Stop, Watch
from importer.pipeline.approval import PlanSeal, approvals_of, approve, waiting_plan
from importer.pipeline.approvers import is_same
from importer.pipeline.retry import credit
from importer.pipeline.run import resume_import
from importer.reports.wording import approvals_in_words
from importer.storage.summary import Approvals, Summary

_SHOWN_OF_DIGEST = 12


class Approving:
    """The Approve screen of a desk; its button does what ``importer approve`` does."""

    def __init__(self, desk: Desk, under_way: UnderWay) -> None:
        self._desk, self._under_way = desk, under_way

    def routes(self) -> list[Route]:
        """Return the address that shows, and the one that approves if this desk decides."""
        shows = [Route("/approve", self._shown)]
        if not self._desk.manner.decides:
            return shows
        return [*shows, Route("/approve", form(self._approve, self._page), methods=["POST"])]

    def _shown(self, request: Request) -> Response:  # noqa: ARG002 - starlette's signature
        return self._page("")

    def _page(self, problem: str) -> Response:
        folder = self._desk.folder
        record = folder.record()
        found = None
        try:
            found = None if self._under_way.is_busy else waiting_plan(folder, record)
        except ImporterError as error:  # a damaged plan.json
            problem = problem or str(error)
        approvals = None if found is None else approvals_of(folder, record)
        ready = pl.col("reason").is_null()
        return self._desk.page(
            "approve.html.j2",
            status=409 if problem else 200,
            screen="approve",
            plan=None if found is None else found[0],
            differs=[] if found is None else found[1],
            parts=[] if found is None else bound(found[0]),
            rows=0 if found is None else folder.parts().scan().filter(ready).select(pl.len()).collect().item(),
            host=host_of(record),
            approvals=approvals,
            told="" if approvals is None else approvals_in_words(approvals),
            hindrance="" if approvals is None else _hindrance(approvals, self._desk.manner.who),
            gates=[gate for gate in record.gates or [] if not gate.is_open],
            work=self._under_way.progress,
            is_busy=self._under_way.is_busy,
            problem=problem,
        )

    def _approve(self, given: Mapping[str, str]) -> Response:
        """Approve the plan that the page showed, and begin to send it if nobody else has to approve it."""
        found = waiting_plan(self._desk.folder, self._desk.folder.record())
        if found is None or given.get("plan") != found[0].digest:
            raise UsageError(
                "This is not the plan that waits now. Nothing was approved or sent. Look at it as it is now."
            )
        approvals = approvals_of(self._desk.folder, self._desk.folder.record())
        if approvals is not None and approvals.missing > 1:
            approve(self._desk.folder, self._desk.manner.who)
        else:
            self._under_way.begin(self._sent)
        return RedirectResponse("/approve", 303)

    def _sent(self, watch: Watch, stop: Stop) -> Summary:
        folder = self._desk.folder
        key = key_of(folder, watch)
        approve(folder, self._desk.manner.who)  # raises while somebody else's approval is missing
        summary = resume_import(folder, key, watch, stop, Whose(folder.settings().account))
        credit(folder)
        return summary


def _hindrance(approvals: Approvals, who: str) -> str:
    """Return why somebody's approval would not count, for them; empty if it would."""
    if approvals.needed == 1:
        return ""
    if is_same(who, approvals.started_by):
        return "You started this run, so others have to approve it."
    if any(is_same(who, one.who) for one in approvals.given):
        return "You have approved it. Somebody else has to, too."
    return ""


def bound(plan: PlanSeal) -> list[tuple[str, str, str]]:
    """Return what an approval binds: the kind of thing, its name, and the begin of its checksum."""
    found = [("file", name, digest) for name, digest in plan.files.items()]
    found += [("profile", name, digest) for name, digest in plan.profile.items()]
    found += [("suppression list", name, digest) for name, digest in plan.suppression.items()]
    found += [("settings", "all of the run", plan.settings), ("numbers", "that must not be sent", plan.numbers)]
    found.append(("prepared rows", "which are sent, as what, and why the others are not", plan.rows))
    return [(kind, name, digest[:_SHOWN_OF_DIGEST]) for kind, name, digest in found]
