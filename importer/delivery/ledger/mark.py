"""The mark beside a ledger: which ledger was used last, and how far it had come.

A ledger that is put back from an older copy, or made anew because the old one is gone, does not know what was sent
since. SQLite cannot show that; ``.<ledger>.mark`` in the same folder does.
"""

from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from importer.errors import LedgerError, StoppedError
from importer.settings.settings import runs_option
from importer.system.new_file import new_file


class Mark(BaseModel):
    """A state of a ledger: its ``id``, and its ``age``, the transactions that had changed something."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    age: int

    def is_reached_by(self, now: "Mark") -> bool:
        """Return True if a ledger that is at ``now`` has all that this state had, as far as the age shows."""
        return self.id == now.id and self.age <= now.age


def read_mark(ledger: Path) -> Mark | None:
    """Read the mark of a ledger; None if it was never used.

    Raises:
        LedgerError: the mark is damaged.
    """
    path = _path(ledger)
    try:
        return Mark.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise LedgerError(
            f"{path} is damaged, so that nobody knows whether {ledger} is the newest. {way_out(ledger)}"
        ) from None


def write_mark(ledger: Path, mark: Mark) -> None:
    """Write the mark of a ledger; if that fails, the mark before stays: it says less, and nothing wrong."""
    with suppress(StoppedError), new_file(_path(ledger), "") as part:
        part.write_text(mark.model_dump_json() + "\n", "utf-8")


def check_mark(ledger: Path, now: Mark | None) -> None:
    """Raise if a ledger is not the newest that there was; ``now`` is None if its file is not there.

    Raises:
        LedgerError: it is not; says what to do. Nothing was written.
    """
    mark = read_mark(ledger)
    if mark is None or (now is not None and mark.is_reached_by(now)):
        return
    if now is None:
        what = "is gone, and it knew what was sent"
    elif now.id != mark.id:
        what = "is not the one that was used here last"
    else:
        what = "is an older copy: it does not know what was sent since"
    raise LedgerError(f"The ledger {ledger} {what}. {way_out(ledger)}")


def way_out(ledger: Path, run_id: str = "RUN") -> str:
    """Return what a person can do if a ledger does not know what was sent."""
    return (
        "Nothing was sent or written. Put the newest ledger back; or, where it is lost, rebuild what each run's files "
        f"and the account's list prove: importer verify --rebuild-ledger {run_id}{runs_option(ledger.parent)}. "
        "To begin anew, name another folder with --runs."
    )


def _path(ledger: Path) -> Path:
    return ledger.with_name(f".{ledger.name}.mark")
