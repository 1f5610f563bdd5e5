"""The engine with one of its rules broken at a time: ``python -m tests.torture.mutants_engine``.

A rule that no episode of ``tests.support.simulation`` misses is one that no test guards. Each mutant plays episodes
until one comes out wrong; what it broke and after how many is printed.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from importer.delivery import attribution as attribute_module
from importer.delivery import channel, readback, sending
from importer.delivery import decisions as machine
from importer.delivery import doubts as resolving
from importer.delivery.attribution import Counting, Verdicts, attribute
from importer.delivery.classify import Verdict, classify
from importer.delivery.dating import Window
from importer.delivery.ledger.ledger import Ledger
from importer.delivery.ledger.records import Attempt, Intent
from importer.delivery.pieces import History, Piece, State
from importer.delivery.presence import apply
from importer.delivery.readback import Findings, Pass, Search
from importer.models.outcomes import Reason
from importer.targets import Exchange, Reply
from tests.support.simulation import Outcome, episode, hiccup, play

Break = Callable[[], AbstractContextManager[Any]]
_decide, _read_back, _known_of = machine.decide, readback.read_back, Ledger.known_of
_rest = channel.Channel.rest


def retried_at_once() -> AbstractContextManager[Any]:
    def in_doubt(piece: Piece, exchange: Exchange, given: Any, why: str = "") -> machine.Decision:  # noqa: ARG001
        return machine.Decision(Verdict.AMBIGUOUS, (replace(piece, state=State.READY, history=History.DOUBTED),))

    return patch.object(machine, "in_doubt", in_doubt)


def sent_again_without_proof() -> AbstractContextManager[Any]:
    def known_of(ledger: Ledger, account_id: int) -> Any:
        return replace(_known_of(ledger, account_id), skips_repeats=True)

    return patch.object(Ledger, "known_of", known_of)


def no_quiet_time() -> AbstractContextManager[Any]:
    stack = ExitStack()
    stack.enter_context(patch.object(resolving.Resolver, "_rest", lambda *_: None))
    stack.enter_context(patch.object(resolving.Resolver, "_look_again", lambda *_: None))
    return stack


def in_flight_is_ready_on_restart() -> AbstractContextManager[Any]:
    def forgotten(ledger: Ledger, run_id: str, quiet_s: float) -> None:  # noqa: ARG001
        with ledger.transaction() as db:
            db.execute("UPDATE pieces SET state = 'ready' WHERE run_id = ? AND state = 'in-flight'", (run_id,))

    return patch.object(Ledger, "doubt_interrupted", forgotten)


def intent_written_after_the_send() -> AbstractContextManager[Any]:
    """The request leaves first; its intent comes with its outcome."""

    def send(sender: sending.Sender, piece: Piece) -> list[Piece]:
        request = sender._prepare(piece)
        if sender._is_too_large(request):
            return sender._ledger.part(sender._run_id, piece, piece.halves(), request.batch_phones)
        sender._probe()
        if sender._channel.end is not None:
            return []
        exchange = sender._channel.send(request.body, "")
        attempt = sender._channel.begin("bulk", Intent(piece, request.batch_phones, request.body))
        if not isinstance(attempt, Attempt) or attempt.piece is None:
            return []
        target = sender._channel.target
        decision = _decide(attempt.piece, exchange, target, sender._circumstances(request, attempt))
        sender._react(decision, exchange)
        return sender._finish(attempt, exchange, decision)

    return patch.object(sending.Sender, "send", send)


def counts_trusted_row_by_row() -> AbstractContextManager[Any]:
    def trusting(reply: Reply, phones: Sequence[str], **given: Any) -> Verdicts | None:
        verdicts = attribute(reply, phones, **given)
        if verdicts is None or verdicts.rest not in (Reason.NOT_NAMED, Reason.PRESENT):
            return verdicts
        known = {place for place, _, _ in verdicts.named}
        left = [place for place in range(len(phones)) if place not in known]
        rest = [(place, Reason.SKIPPED_BY_API, "") for place in left[reply.imported :]]
        return replace(verdicts, rest=Reason.CONFIRMED, detail=None, named=(*verdicts.named, *rest))

    return patch.object(machine, "attribute", trusting)


def skipped_believed_on_a_later_try() -> AbstractContextManager[Any]:
    def believing(reply: Reply, phones: Sequence[str], *, is_first: bool, **given: Any) -> Verdicts | None:  # noqa: ARG001
        return attribute(reply, phones, is_first=True, **given)

    return patch.object(machine, "attribute", believing)


def refusal_of_a_later_try_is_final() -> AbstractContextManager[Any]:
    def final(exchange: Exchange, *, may_be_applied: bool) -> Verdict:  # noqa: ARG001
        return classify(exchange, may_be_applied=False)

    return patch.object(machine, "classify", final)


def no_sum_check() -> AbstractContextManager[Any]:
    return patch.object(attribute_module, "_counting", lambda _reply, _sent: Counting.APART)


def absence_without_a_control() -> AbstractContextManager[Any]:
    def careless(fetch: Any, search: Search, begun: Pass | None = None) -> Findings:
        findings = _read_back(fetch, search, begun)
        if findings.is_whole:
            findings.is_absence_proven, findings.why_not = True, ""
        return findings

    return patch.object(resolving, "read_back", careless)


def one_look_without_a_control() -> AbstractContextManager[Any]:
    def careless(resolver: resolving.Resolver, search: Search) -> None:  # noqa: ARG001
        if resolver.last.listed is not None:
            resolver.last = replace(resolver.last, is_absence_proven=True, why_not="")

    return patch.object(resolving.Resolver, "_look_twice", careless)


def two_looks_at_once() -> AbstractContextManager[Any]:
    def rest(resting: channel.Channel, seconds: float, why: str) -> None:
        if why != resolving.NOT_BEHIND:
            _rest(resting, seconds, why)

    return patch.object(channel.Channel, "rest", rest)


def two_looks_at_a_list_of_unknown_size() -> AbstractContextManager[Any]:
    def careless(fetch: Any, search: Search, begun: Pass | None = None) -> Findings:
        findings = _read_back(fetch, search, begun)
        if findings.is_whole or findings.why_not in readback.CAN_BE_CONTROLLED:
            findings.listed = frozenset(f.contact_id for some in findings.found.values() for f in some)
        return findings

    return patch.object(resolving, "read_back", careless)


def absence_after_a_part_of_the_list() -> AbstractContextManager[Any]:
    def careless(fetch: Any, search: Search, begun: Pass | None = None) -> Findings:
        findings = _read_back(fetch, search, begun)
        findings.is_absence_proven = findings.requests > 0
        return findings

    return patch.object(resolving, "read_back", careless)


def end_of_the_list_unseen() -> AbstractContextManager[Any]:
    whole = property(lambda reading: reading.totals == {len(reading.ids)})

    def careless(fetch: Any, search: Search, begun: Pass | None = None) -> Findings:
        findings = _read_back(fetch, search, begun)
        if findings.why_not == readback.CHANGED:
            findings.is_absence_proven = True
        return findings

    stack = ExitStack()
    stack.enter_context(patch.object(readback.Pass, "is_total_met", whole))
    stack.enter_context(patch.object(resolving, "read_back", careless))
    return stack


def one_look_with_old_controls() -> AbstractContextManager[Any]:
    return patch.object(resolving.Resolver, "_look_again", lambda *_: None)


def server_error_taken_as_not_applied() -> AbstractContextManager[Any]:
    def trusting(exchange: Exchange, *, may_be_applied: bool) -> Verdict:
        verdict = classify(exchange, may_be_applied=may_be_applied)
        is_error = exchange.status is not None and exchange.status >= 500
        return Verdict.NOT_APPLIED if is_error and verdict is Verdict.AMBIGUOUS else verdict

    return patch.object(machine, "classify", trusting)


def broken_connection_taken_as_not_applied() -> AbstractContextManager[Any]:
    def trusting(exchange: Exchange, *, may_be_applied: bool) -> Verdict:
        if exchange.status is None and exchange.is_begun:
            return Verdict.NOT_APPLIED
        return classify(exchange, may_be_applied=may_be_applied)

    return patch.object(machine, "classify", trusting)


def unreadable_answer_taken_as_success() -> AbstractContextManager[Any]:
    def answered(piece: Piece, exchange: Exchange, target: Any, given: Any) -> machine.Decision:
        decision = _decide(piece, exchange, target, given)
        if exchange.status == 200 and decision.verdict is Verdict.AMBIGUOUS:
            return machine.Decision(Verdict.ANSWERED, (piece.settled(Reason.CONFIRMED),))
        return decision

    return patch.object(sending, "decide", answered)


def found_means_ours() -> AbstractContextManager[Any]:
    def ours(piece: Piece, phones: Any, findings: Findings, window: Window | None, **proven: bool) -> list[Piece]:
        return apply(piece, phones, findings, window and Window(-math.inf, -math.inf, math.inf), **proven)

    return patch.object(resolving, "apply", ours)


def older_contact_taken_as_skipped() -> AbstractContextManager[Any]:
    def skipped(piece: Piece, phones: Any, findings: Findings, window: Window | None, **_: bool) -> list[Piece]:
        return apply(piece, phones, findings, window, are_repeats_skipped=True)

    return patch.object(resolving, "apply", skipped)


def skip_called_present_without_proof() -> AbstractContextManager[Any]:
    def present(reply: Reply, phones: Sequence[str], **given: Any) -> Verdicts | None:
        return attribute(reply, phones, **(given | {"are_skips_duplicates": True}))

    return patch.object(machine, "attribute", present)


def forced_without_a_mark() -> AbstractContextManager[Any]:
    def settled(piece: Piece, reason: Any, detail: Any = None, named: Any = (), counters: Any = None) -> Piece:
        return replace(piece, state=State.SETTLED, reason=reason, detail=detail, named=named, counters=counters)

    return patch.object(Piece, "settled", settled)


def refused_halves_believed_when_skipped() -> AbstractContextManager[Any]:
    def halves(piece: Piece, history: History | None = None) -> tuple[Piece, Piece]:  # noqa: ARG001
        middle = (piece.rows + 1) // 2
        return piece.part(piece.offsets[:middle], History.FIRST), piece.part(piece.offsets[middle:], History.FIRST)

    return patch.object(Piece, "halves", halves)


RULES: dict[str, Break] = {
    "an ambiguous batch is not sent again at once": retried_at_once,
    "it is not sent again without proof of skips": sent_again_without_proof,
    "nothing is concluded before the quiet time is over": no_quiet_time,
    "an intent without an outcome is in doubt": in_flight_is_ready_on_restart,
    "the intent is durable before the request": intent_written_after_the_send,
    "counts say nothing of single rows": counts_trusted_row_by_row,
    "a skip on a later try may be our own first": skipped_believed_on_a_later_try,
    "a refusal of a later try settles nothing": refusal_of_a_later_try_is_final,
    "counts must add up": no_sum_check,
    "absence needs controls that are visible": absence_without_a_control,
    "without a control, absence needs a second look": one_look_without_a_control,
    "the second look comes a quiet time after the first": two_looks_at_once,
    "without a control, the list holds as many as its total": two_looks_at_a_list_of_unknown_size,
    "absence needs the whole list": absence_after_a_part_of_the_list,
    "a list that shows its first page again has no end": end_of_the_list_unseen,
    "older controls need a second look": one_look_with_old_controls,
    "a server error may come after the work": server_error_taken_as_not_applied,
    "a lost connection may come after the work": broken_connection_taken_as_not_applied,
    "an answer that cannot be read is no success": unreadable_answer_taken_as_success,
    "what was there before is not ours": found_means_ours,
    "an older contact does not show that ours was skipped": older_contact_taken_as_skipped,
    "a skip may mean an invalid number": skip_called_present_without_proof,
    "what a person had sent again is marked": forced_without_a_mark,
    "halves of a doubted batch are doubted": refused_halves_believed_when_skipped,
}
"""Each rule of the engine, with what breaks it; the first nine are those of which the doubling was measured."""


OF_HICCUPS = [rule for rule in RULES if "without a control" in rule or "second look comes" in rule]
"""Those that hold where nothing was confirmed."""


def survive(rule: str, most: int, seed: int = 0) -> Outcome:
    """Play the mutant of a rule until it is caught, or ``most`` episodes."""
    one = hiccup if rule in OF_HICCUPS else episode
    with RULES[rule]():
        return play(range(seed, seed + most), until=lambda outcome: bool(outcome.broken), one=one)


def report(episodes: int = 5_000) -> str:
    """Play all, print a line for each, and say how many were caught."""
    survivors = 0
    for rule in RULES:
        outcome = survive(rule, episodes)
        survivors += not outcome.broken
        caught = (
            f"caught after {outcome.episodes:,}: {next(iter(outcome.broken), '')}" if outcome.broken else "SURVIVES"
        )
        print(f"{rule:52} {caught}")
    return f"{len(RULES) - survivors} of {len(RULES)} mutants caught"


def main() -> None:
    """Play all; ends with 1 where one survives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=5_000, help="at most, for each (default 5,000)")
    told = report(parser.parse_args().episodes)
    print(told)
    sys.exit(not told.startswith(f"{len(RULES)} of"))


if __name__ == "__main__":
    main()
