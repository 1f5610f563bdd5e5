"""``python -m tests.torture.mutation --sample N``: how many small changes of the engine's code some test notices.

A mutant is one of its modules with one change: a comparison, a condition, a constant, a member of an enum, a sign, a
result or a statement. Each runs in a fork of its own, with the tests that reach the changed lines, the fastest first.
One that fails, or does not end, kills it. The score is the share that was killed; survivors are listed. Some change
nothing that can be seen, and no test can kill them: they count as survivors nevertheless.
"""

import argparse
import io
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType

import coverage
import httpx  # noqa: F401 - what is imported before the fork is imported once
import hypothesis  # noqa: F401
import numpy as np  # noqa: F401
import phonenumbers  # noqa: F401
import polars as pl  # noqa: F401
import pydantic  # noqa: F401
import pytest
import starlette.applications  # noqa: F401
import typer  # noqa: F401
import uvicorn  # noqa: F401

from tests.support.mutation_kinds import Mutant, enums, mutants_of, path_of

DELIVERY = (
    "ledger", "pauses", "history", "commits", "database", "classify", "attribute", "resolving", "telling", "readback",
    "presence", "machine", "sending", "engine", "verification", "dating", "samples",
)  # fmt: skip
MODULES = (*(f"importer.delivery.{name}" for name in DELIVERY), "importer.targets.answers", "importer.account.failures")
TESTS = [
    f"tests/test_{name}.py"
    for name in (
        "delivery_rules", "delivery_model", "delivery_engine", "delivery_verify", "delivery_ledger", "delivery_disk",
        "delivery_corners", "delivery_edges", "delivery_figures", "target_voxpria", "target_described", "client",
        "delivery_watch", "delivery_reading", "delivery_presence", "delivery_dates", "trace",
    )
]  # fmt: skip
_TESTS_S, _PATIENCE_S, _DEADLINE_S = 25.0, 15.0, 60.0
_NOT_RUN = 99
_LEAST_SCORE = 0.9
_PROGRESS = 50


class _Finder(MetaPathFinder):
    """Loads one module from its tree instead of its file."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if fullname != self.mutant.module:
            return None
        return spec_from_loader(fullname, _Loader(fullname, self.mutant))


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, mutant: Mutant) -> None:
        super().__init__(fullname, str(path_of(fullname)))
        self.tree = mutant.tree

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.tree, self.get_filename(fullname), "exec")


@dataclass
class Reach:
    """Which tests reach which lines of the modules, how long each takes, and what none reaches.

    Attributes:
        percent: of the lines and branches that some test takes.
        missing: what is missing from it, as a table.
        failed: tests that fail without any change.
    """

    seconds: dict[str, float]
    lines: dict[str, dict[int, list[str]]]
    percent: float
    missing: str
    failed: list[str]

    def tests_of(self, mutant: Mutant) -> dict[str, float]:
        """Those that reach a mutant and their seconds, the fastest first; of a constant all that use its module."""
        lines = self.lines.get(mutant.module, {})
        reached = {test for line in mutant.lines for test in lines.get(line, ())} - {""}
        if not reached and any(line in lines for line in mutant.lines):
            reached = {test for tests in lines.values() for test in tests} - {""}
        chosen: dict[str, float] = {}
        for test in sorted(reached, key=lambda test: self.seconds.get(test, 0.0)):
            chosen[test] = self.seconds.get(test, 0.0)
            if sum(chosen.values()) > _TESTS_S:
                del chosen[test]
                break
        return chosen


class _Measure:
    """A plugin of pytest that notes what each test reaches."""

    def __init__(self, data: Path) -> None:
        sources = [str(path_of(module)) for module in MODULES]
        self._coverage = coverage.Coverage(str(data), branch=True, include=sources, config_file=False)
        self.seconds: dict[str, float] = {}
        self._failed: list[str] = []
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._coverage.switch_context(item.nodeid)
        yield
        self._coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self._failed.append(report.nodeid)

    def reach(self) -> Reach:
        self._coverage.stop()
        table = io.StringIO()
        percent = self._coverage.report(file=table, show_missing=True, skip_covered=True)
        data = self._coverage.get_data()
        lines = {name: data.contexts_by_lineno(str(path_of(name))) for name in MODULES}
        return Reach(self.seconds, lines, percent, table.getvalue() if percent < 100 else "", self._failed)


class _Choose:
    """A plugin of pytest that runs these tests in this order; the process ends with one that takes far too long."""

    def __init__(self, chosen: Mapping[str, float]) -> None:
        self.seconds, self.place = chosen, {test: place for place, test in enumerate(chosen)}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE_S + 10 * self.seconds[item.nodeid])
        return (yield)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self.place), key=lambda item: self.place[item.nodeid])


def _forked(work: Callable[[Path], int], deadline_s: float) -> int:
    """A child's id; it does its work in a folder of its own, in silence and for so many seconds of CPU at most."""
    child = os.fork()
    if child:
        return child
    code = _NOT_RUN
    try:
        signal.setitimer(signal.ITIMER_PROF, deadline_s)  # nobody handles these: they end the process
        signal.setitimer(signal.ITIMER_REAL, 5 * deadline_s)
        silence = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(silence, number)
        for name in [name for name in sys.modules if name.partition(".")[0] in ("importer", "tests")]:
            del sys.modules[name]
        with tempfile.TemporaryDirectory() as folder:
            code = work(Path(folder))
    finally:
        os._exit(code)


def _pytest(folder: Path, tests: Iterable[str], plugin: object) -> int:
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", f"--basetemp={folder / 'pytest'}"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of what was imported before the fork
    return int(pytest.main([*options, *tests], plugins=[plugin]))


def measured() -> Reach:
    """Run every test once, with the code as it is."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "reach.json"

        def work(own: Path) -> int:
            measure = _Measure(Path(folder) / "coverage")
            code = _pytest(own, TESTS, measure)
            reach = measure.reach()
            told.write_text(json.dumps(asdict(reach)), "utf-8")
            return code

        _, status = os.waitpid(_forked(work, 1800), 0)
        if status:
            failed = json.loads(told.read_text("utf-8"))["failed"] if told.exists() else [f"wait status {status}"]
            raise SystemExit(f"Without any change some tests do not pass: {', '.join(failed)}")
        reach = Reach(**json.loads(told.read_text("utf-8")))
    reach.lines = {name: {int(at): tests for at, tests in own.items()} for name, own in reach.lines.items()}
    return reach


def fate(mutant: Mutant, tests: Mapping[str, float]) -> Callable[[Path], int]:
    """What a fork does: change the module, run the tests."""

    def work(folder: Path) -> int:
        if not tests:
            return 0
        mutant.apply()
        sys.meta_path.insert(0, _Finder(mutant))
        return _pytest(folder, sorted({test.partition("::")[0] for test in tests}), _Choose(tests))

    return work


def play(mutants: Sequence[Mutant], reach: Reach, at_once: int) -> dict[str, Counter[str]]:
    """Run every mutant and print the survivors; how many of each module were killed, ran out of time or survived."""
    ends: dict[str, Counter[str]] = defaultdict(Counter)
    running: dict[int, Mutant] = {}
    waiting = list(mutants)[::-1]
    while waiting or running:
        if waiting and len(running) < at_once:
            mutant = waiting.pop()
            running[_forked(fate(mutant, reach.tests_of(mutant)), _DEADLINE_S)] = mutant
            continue
        child, status = os.wait()
        mutant, code = running.pop(child), os.waitstatus_to_exitcode(status)
        if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED, _NOT_RUN):
            raise SystemExit(f"no test could be run for {told_of(mutant)}")
        end = "survived" if code == 0 else "out of time" if code in (-signal.SIGALRM, -signal.SIGPROF) else "killed"
        ends[mutant.module][end] += 1
        if (done := len(mutants) - len(waiting) - len(running)) % _PROGRESS == 0:
            print(f"{done:,} of {len(mutants):,} mutants", flush=True)
        if code == 0:
            print(f"survived: {told_of(mutant)}", flush=True)
    return ends


def told_of(mutant: Mutant) -> str:
    return f"{mutant.module}:{mutant.lines[0] if mutant.lines else 1}: {mutant.words}"


def every_mutant(modules: Sequence[str]) -> list[Mutant]:
    """All mutants of these modules."""
    members = enums()
    return [mutant for module in modules for mutant in mutants_of(module, members)]


def report(sample: int, seed: int = 0, modules: Sequence[str] = MODULES, at_once: int = 2) -> tuple[str, bool]:
    """Run a sample, spread over the modules by their size; the figures in words, and whether they suffice."""
    every = every_mutant(modules)
    chosen = random.Random(seed).sample(every, min(sample, len(every)))  # noqa: S311 - a choice, no secret
    reach = measured()
    ends = play(chosen, reach, at_once)
    for module in sorted(ends):
        print(f"{module:32} {', '.join(f'{count} {end}' for end, count in sorted(ends[module].items()))}")
    total = sum(ends.values(), Counter[str]())
    score = 1 - total["survived"] / total.total()
    counts = ", ".join(f"{total[end]:,} {end}" for end in ("killed", "out of time", "survived"))
    told = f"{total.total():,} of {len(every):,} mutants: {counts}; score {score:.1%}"
    branches = f"lines and branches of {len(MODULES)} modules that a test takes: {reach.percent:.2f} %"
    return f"{reach.missing}{branches}; {told}", score >= _LEAST_SCORE and reach.percent == 100


def main() -> None:
    """Run mutants; ends with 1 where fewer than nine in ten are killed, or a branch is not taken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=10**6, help="so many, chosen by chance (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of the choice (default 0)")
    parser.add_argument("--module", action="append", choices=MODULES, help="this one only; may be repeated")
    parser.add_argument("--at-once", type=int, default=2, help="how many run at a time (default 2)")
    options = parser.parse_args()
    told, suffices = report(options.sample, options.seed, options.module or MODULES, options.at_once)
    print(told)
    raise SystemExit(not suffices)


if __name__ == "__main__":
    main()
