"""The second half of a run: a prepared run is taken over by the ledger here, and sent."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from importer.account.connection import check_account, needed
from importer.account.whose import Whose
from importer.errors import RefusedError, StoppedError, UsageError
from importer.models.watching import Stop, Watch
from importer.pipeline.prepare import travelling
from importer.pipeline.run import resume_import
from importer.settings.settings import Settings, shown_name
from importer.storage.prepared import Prepared, check, claim
from importer.storage.run_folder import RunFolder
from importer.storage.summary import Summary
from importer.targets import checked_base_url

_OF_THE_ROWS = ("region", "map", "sheet", "suppress", "keep", "skip_unreadable", "batch_size", "exact")
"""Settings that shaped the prepared rows."""
_HOLDING = ("gates", "job", "max_error_rate", "needs_approval", "suppress_max_age_days")
"""Settings that may hold the rows back: where the sender has none of its own, those of the preparation stand."""


def send_prepared(  # noqa: PLR0913, PLR0917 - as resume_import
    path: Path, settings: Settings, key: SecretStr | None, watch: Watch, stop: Stop, whose: Whose
) -> tuple[RunFolder, Summary]:
    """Take a prepared run over and send it as any run that was stopped before its first batch.

    Args:
        path: the folder that ``importer prepare`` made.
        settings: of the sender; ``suppress`` are lists that it adds, or that stand in for one of the same name.
        key: of the account; None for the sandbox.
        watch: is told what happens.
        stop: ends it after the answer under way.
        whose: settles whose account a new key leads to.

    Raises:
        UsageError: there is no prepared run, it was taken over before, or the settings do not fit it.
        RefusedError: the prepared run is not whole, or a suppression list cannot be read; nothing was sent.
        StoppedError, LedgerError, KeyRefusedError: as ``resume_import``.
    """
    prepared = Prepared.read(path)
    if settings.dry_run:
        raise UsageError("importer send has no dry run: importer prepare is one, and shows what would be sent.")
    if prepared.batch_size > settings.batch_size:
        raise UsageError(
            f"{path} was prepared in batches of {prepared.batch_size:,}, and this API takes {settings.batch_size:,} "
            f"contacts at most. Prepare it with --batch-size {settings.batch_size}."
        )
    if not settings.sandbox:
        needed(key, settings)
        checked_base_url(settings.base_url, may_be_private=settings.private_network)
        check_account(settings, key, whose, watch)
    folder = RunFolder(settings.runs / prepared.record.run_id)
    if folder.path.exists():
        raise UsageError(f"{path} was taken over before. Go on with: importer resume {folder.run_id}")
    lists = _lists([Path(one) for one in prepared.record.settings["suppress"]], settings.suppress)
    check(path, prepared)
    _take_over(path, prepared, settings, folder, lists)
    return folder, resume_import(folder, key, watch, stop, whose, suppress=settings.suppress)


def _take_over(path: Path, prepared: Prepared, settings: Settings, folder: RunFolder, lists: Sequence[Path]) -> None:
    """Copy a prepared run into the folder of runs, with the sender's settings.

    Raises:
        UsageError: another ledger sends it.
        StoppedError: the files cannot be copied.
    """
    record = prepared.record
    of_the_rows = {name: record.settings[name] for name in _OF_THE_ROWS}
    holding = {
        name: record.settings[name]
        for name in _HOLDING
        if name in record.settings and getattr(settings, name) == Settings.model_fields[name].default
    }
    own = settings.model_dump(mode="json")
    record.settings = own | of_the_rows | holding | {"suppress": [str(one) for one in lists]}
    record.base_url = f"sandbox:{record.run_id}" if settings.sandbox else settings.base_url
    claim(path, settings.runs)
    coming = folder.path.with_name(f".{record.run_id}.coming")
    try:
        shutil.rmtree(coming, ignore_errors=True)
        (coming / "parts").mkdir(mode=0o700, parents=True)
        for part in prepared.parts:
            _copy(path / "parts" / part.name, coming / "parts" / part.name)
        for other in travelling(path):
            _copy(other, coming / other.name)
        RunFolder(coming).save(record)
        coming.rename(folder.path)  # the record came last and the folder is named now: it is a run, whole, or none
    except OSError as error:
        raise StoppedError(
            f"The prepared run cannot be copied to {folder.path} ({error.strerror}). Nothing was sent. Make room or "
            "give permission, and send it again."
        ) from None
    finally:
        shutil.rmtree(coming, ignore_errors=True)


def _copy(source: Path, to: Path) -> None:
    """Copy a file and force it to the disk: a resumption must find what the API was given."""
    shutil.copyfile(source, to)
    to.chmod(0o600)
    with to.open("rb") as file:
        os.fsync(file.fileno())


def _lists(prepared: Sequence[Path], given: Sequence[Path]) -> list[Path]:
    """Return the suppression lists to read: those of the preparation, one given now in place of its namesake.

    Raises:
        RefusedError: one of them is not here.
    """
    here = {path.name: path for path in given}
    lists = [here.get(path.name, path) for path in prepared]
    if missing := [shown_name(str(path)) for path in lists if not path.exists()]:
        raise RefusedError(
            f"The rows were prepared with suppression lists that are not here: {', '.join(missing)}. Nothing was sent. "
            "Give each as it is now, under the same file name: --suppress FILE"
        )
    return lists
