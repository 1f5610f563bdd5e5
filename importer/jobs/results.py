"""What became of a start of a job, for people and programs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

State = Literal["done", "failed", "quarantine", "open", "waits"]
_STAKES = (0, 3, 7, 5, 2, 4, 6, 1)
"""Exit codes by how much is at stake, the least first: whom nobody was told of comes after what was not sent at all."""


def highest(codes: Iterable[int]) -> int:
    """Return the exit code with the highest stake; 0 if there is none."""
    return max(codes, key=_STAKES.index, default=0)


@dataclass(frozen=True, slots=True)
class FileResult:
    """The end of one file.

    Attributes:
        file: its name.
        state: the folder where it lies; ``open``: its import goes on at the next start; ``waits``: not taken yet.
        exit_code: of its import.
        run_id: its import; None if none was begun.
        rows: by outcome, and ``rows``.
        gates: rules that held it back.
        approvals_missing: how many people have still to approve it; 0 if it waits for nobody.
        why: in words, without anybody's data; empty if there is nothing to say.
        next: the command to type; None if nothing is left to do.
    """

    file: str
    state: State
    exit_code: int = 0
    run_id: str | None = None
    rows: dict[str, int] = field(default_factory=dict)
    gates: tuple[str, ...] = ()
    approvals_missing: int = 0
    why: str = ""
    next: str | None = None


@dataclass(slots=True)
class StepResult:
    """The result of one start.

    Attributes:
        job: its name.
        files: that it took, or went on with.
        waits: files of the inbox that were not taken, each with the reason.
        notes: for people.
        stopped: why the start ended before all files were taken; None if it did not.
        stop_code: the exit code of that.
    """

    job: str
    files: list[FileResult] = field(default_factory=list)
    waits: list[FileResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stopped: str | None = None
    stop_code: int = 0

    @property
    def exit_code(self) -> int:
        """Return the highest stake among the files and what stopped the start; 0 where there was nothing to do."""
        return highest([self.stop_code, *(one.exit_code for one in self.files)])
