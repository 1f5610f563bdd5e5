"""Two people's approval: of different names, neither of them who started the run, and of this very plan."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import UnapprovedError
from importer.models.decisions import Decision
from importer.pipeline.approvers import check_approver, standing
from importer.reports.wording import approvals_in_words
from importer.storage.decisions import Decisions, os_user
from importer.storage.run_folder import RunFolder
from importer.storage.summary import Summary
from tests.conftest import Sandbox, Typed

LIST = "Name,Phone\nAnn,202-555-0101\nBen,12345\n"
PLAN, OTHER = "a" * 64, "b" * 64


def line(number: int, who: str, now: str = PLAN) -> Decision:
    return Decision.model_validate(
        {"seq": number, "at": "2026-11-30T12:00:00Z", "who": who, "act": "approve", "now": now}
    )


@given(
    st.lists(st.tuples(st.sampled_from(["anna", "Anna ", "bo", "cy", "DEE"]), st.sampled_from([PLAN, OTHER]))),
    st.sampled_from([1, 2]),
)
def test_nobody_counts_twice_and_an_earlier_plan_s_approvals_do_not_count(
    approved: list[tuple[str, str]], needed: int
) -> None:
    """Whatever was approved by whom: those count that came after the last approval of another plan."""
    lines = [line(number, who, now) for number, (who, now) in enumerate(approved, 1)]
    told = standing(lines, PLAN, needed, "Bo")
    last_of_other = max((at for at, (_, now) in enumerate(approved) if now == OTHER), default=-1)
    people = {who.strip().lower() for who, _ in approved[last_of_other + 1 :]} - ({"bo"} if needed > 1 else set())
    assert {one.who.strip().lower() for one in told.given} == people
    assert len(told.given) == len(people)
    assert told.missing == max(0, needed - len(people))


def test_why_an_approval_does_not_count_is_said(tmp_path: Path) -> None:
    """Only while somebody is missing; one person alone may be who started the run."""
    folder = RunFolder(tmp_path)
    one = standing([line(1, "anna")], PLAN, 2, "bo")
    with pytest.raises(UnapprovedError, match=r"Bo started this run, so Bo's approval does not count.*1 more person"):
        check_approver(one, "Bo", folder)
    with pytest.raises(UnapprovedError, match="ANNA has approved it already"):
        check_approver(one, "ANNA", folder)
    check_approver(one, "cy", folder)
    check_approver(standing([line(1, "anna"), line(2, "cy")], PLAN, 2, "bo"), "bo", folder)
    check_approver(standing([], PLAN, 1, "bo"), "bo", folder)
    assert approvals_in_words(standing([], PLAN, 1, "bo")) == ""
    assert approvals_in_words(standing([], PLAN, 2, None)) == "2 different people have to approve it"
    assert approvals_in_words(standing([], PLAN, 2, "bo")).endswith(", and not bo, who started the run")


def test_a_run_is_sent_once_two_others_have_approved_it(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """Exit code 7 until then, from every command; figures, report and the list of runs say who is missing."""
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    (tmp_path / "job.toml").write_text('region = "US"\napprovers = 2\n', "utf-8")
    starter, runs = os_user(), ("--runs", tmp_path / "runs")

    def type_(*arguments: str | Path) -> tuple[int, str, str]:
        done = typed(*arguments, *runs)
        return done.code, done.out, " ".join(done.err.split())

    where = ("--profile", tmp_path / "job.toml", "--base-url", sandbox.url)
    code, out, err = type_("run", tmp_path / "list.csv", *where, "--json")
    told = json.loads(out)
    assert (code, told["approvals"]) == (7, {"needed": 2, "started_by": starter, "given": []})
    assert f"2 different people have to approve it, and not {starter}, who started the run." in err
    run = tmp_path / "runs" / told["run_id"]
    code, _, err = type_("approve", run.name)
    assert (code, len(Decisions(run).since(0))) == (7, 0)
    assert f"{starter} started this run, so {starter}'s approval does not count." in err
    code, out, err = type_("approve", run.name, "--as", "anna", "--json")
    assert (code, [one["who"] for one in json.loads(out)["approvals"]["given"]]) == (7, ["anna"])
    assert "Nothing was sent: approved by anna (" in err
    assert f"; 1 more person has to approve it, and not {starter}, who started the run." in err
    assert f"importer approve {run.name} --as NAME" in err
    code, _, err = type_("approve", run.name, "--as", "Anna")
    assert (code, len(Decisions(run).since(0))) == (7, 1)
    assert "Anna has approved it already, and one person's approval counts once." in err
    code, _, err = type_("resume", run.name)
    assert (code, "Approved by anna (" in err, "1 more person has to" in err) == (7, True, True)
    assert "1 more person has to" in (run / "report.html").read_text("utf-8")
    assert "waits for approval, 1 of 2 (anna)" in type_("runs")[1]
    (listed,) = json.loads(type_("runs", "--json")[1])
    assert (listed["approvals"]["needed"], listed["approvals"]["given"][0]["who"]) == (2, "anna")
    assert (type_("report", run.name)[0], Summary.read(run).exit_code) == (0, 7)
    assert sandbox.store.count() == 0
    code, out, _ = type_("approve", run.name, "--as", "cy")
    assert (code, sandbox.store.count()) == (3, 1)
    assert "approval: approved by anna (" in out
    summary = Summary.read(run)
    assert summary.approvals is not None
    assert ([one.who for one in summary.approvals.given], summary.approvals.missing) == (["anna", "cy"], 0)
    assert [(one.act, one.who, one.row) for one in Decisions(run).since(0)] == [
        ("approve", "anna", None), ("approve", "cy", None),
    ]  # fmt: skip


def test_what_changed_between_two_approvals_is_approved_by_nobody(
    tmp_path: Path, sandbox: Sandbox, typed: Typed
) -> None:
    """The second is refused with what differs, and nothing is sent."""
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    where = ("--region", "US", "--base-url", sandbox.url, "--runs", tmp_path / "runs")
    assert typed("run", tmp_path / "list.csv", "--approvers", "2", *where).code == 7
    assert typed("approve", "latest", "--as", "anna", *where[-2:]).code == 7
    (tmp_path / "list.csv").write_text(LIST + "Cid,202-555-0103\n", "utf-8")
    done = typed("approve", "latest", "--as", "cy", *where[-2:])
    assert (done.code, "list.csv is another" in " ".join(done.err.split())) == (5, True)
    assert sandbox.store.count() == 0


def test_a_guard_is_lifted_by_the_second_approval_alone(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """A run that was refused stays so after the first; its retry asks for two people again, and not who decided it."""
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    runs = ("--runs", tmp_path / "runs")
    where = ("--region", "US", "--base-url", sandbox.url, *runs, "--approvers", "2", "--max-error-rate", "0.1")
    assert typed("run", tmp_path / "list.csv", *where).code == 5
    assert typed("approve", "latest", "--as", "anna", *runs).code == 7
    assert RunFolder.find(tmp_path / "runs", "latest").record().is_refused
    assert typed("approve", "latest", "--as", "cy", *runs).code == 3
    head = "Name,Phone,importer: source,importer: row\n"
    (tmp_path / "fixed.csv").write_text(f"{head}Ben,202-555-0102,list.csv,3\n", "utf-8")
    done = typed("retry", "latest", tmp_path / "fixed.csv", "--as", "anna", "--json", *runs)
    run_id = json.loads(done.out)["run_id"]
    assert (done.code, json.loads(done.out)["approvals"]["started_by"]) == (7, "anna")
    assert "anna started this run" in " ".join(typed("approve", run_id, "--as", "anna", *runs).err.split())
    assert typed("approve", run_id, "--as", "cy", *runs).code == 7
    assert typed("approve", run_id, "--as", "dee", *runs).code == 0
    assert sandbox.store.count() == 2


def test_two_approvers_mean_that_approval_is_needed(tmp_path: Path, typed: Typed) -> None:
    """By itself; a profile that says otherwise at once is refused in words, and so is another number."""
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    (tmp_path / "both.toml").write_text("needs_approval = false\napprovers = 2\n", "utf-8")
    runs = ("--runs", tmp_path / "runs")
    done = typed("run", tmp_path / "list.csv", "--profile", tmp_path / "both.toml", "--sandbox", *runs)
    assert (done.code, "leave one of them out" in done.err) == (2, True)
    done = typed("run", tmp_path / "list.csv", "--approvers", "3", "--sandbox", *runs)
    assert (done.code, "--approvers" in done.err) == (2, True)
