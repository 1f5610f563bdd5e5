"""The second half of a run: a prepared run is taken over by the ledger here, and sent."""

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
from importer.storage.prepared import PARTS, Prepared, check, claim, unfit
from importer.storage.run_folder import RunFolder
from importer.storage.summary import Summary
from importer.system.places import Folder, Place, place_of
from importer.targets import checked_base_url

_OF_THE_ROWS = ("region", "map", "sheet", "suppress", "keep", "skip_unreadable", "batch_size", "exact")
"""Settings that shaped the prepared rows."""
_HOLDING = ("approvers", "gates", "job", "max_error_rate", "needs_approval", "suppress_max_age_days")
"""Settings that may hold the rows back: where the sender has none of its own, those of the preparation stand."""


def send_prepared(  # noqa: PLR0913, PLR0917 - as resume_import
    path: Path, settings: Settings, key: SecretStr | None, watch: Watch, stop: Stop, whose: Whose
) -> tuple[RunFolder, Summary]:
    """Take a prepared run over and send it as any run that was stopped before its first batch.

    Args:
        path: the folder, or the address in object storage, that ``importer prepare`` made.
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
    place = place_of(path)
    prepared = Prepared.read(place)
    if settings.dry_run:
        raise UsageError("importer send has no dry run: importer prepare is one, and shows what would be sent.")
    if prepared.batch_size > settings.batch_size:
        raise UsageError(
            f"{place} was prepared in batches of {prepared.batch_size:,}, and this API takes {settings.batch_size:,} "
            f"contacts at most. Prepare it with --batch-size {settings.batch_size}."
        )
    if not settings.sandbox:
        needed(key, settings)
        checked_base_url(settings.base_url, may_be_private=settings.private_network)
        check_account(settings, key, whose, watch)
    folder = RunFolder(settings.runs / prepared.record.run_id)
    if folder.path.exists():
        raise UsageError(f"{place} was taken over before. Go on with: importer resume {folder.run_id}")
    lists = _lists([Path(one) for one in prepared.record.settings["suppress"]], settings.suppress)
    _take_over(place, prepared, settings, folder, lists)
    return folder, resume_import(folder, key, watch, stop, whose, suppress=settings.suppress)


def _take_over(place: Place, prepared: Prepared, settings: Settings, folder: RunFolder, lists: Sequence[Path]) -> None:
    """Copy a prepared run into the folder of runs, with the sender's settings, once the copy is proven.

    Raises:
        RefusedError: it is not whole.
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
    there, names = set(place.names(PARTS)), [part.name for part in prepared.parts]
    if there != set(names):
        raise unfit(place, f"it holds {len(there):,} parts where {len(names):,} were prepared, or others")
    coming = folder.path.with_name(f".{record.run_id}.coming")
    try:
        shutil.rmtree(coming, ignore_errors=True)
        here = Folder(coming)
        for name in (*(f"{PARTS}/{name}" for name in names), *travelling(place)):
            here.write(name, place.read(name))  # on the disk then: a resumption must find what the API was given
        check(coming / PARTS, prepared, place)
        claim(place, settings.runs)
        (coming / PARTS).mkdir(exist_ok=True)
        RunFolder(coming).save(record)
        coming.rename(folder.path)  # the record came last and the folder is named now: it is a run, whole, or none
    except OSError as error:
        raise StoppedError(
            f"The prepared run cannot be copied to {folder.path} ({error.strerror}). Nothing was sent. Make room or "
            "give permission, and send it again."
        ) from None
    finally:
        shutil.rmtree(coming, ignore_errors=True)


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
