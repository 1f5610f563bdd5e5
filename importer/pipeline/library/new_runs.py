"""``run`` and ``inspect``: the calls that begin with files."""

from collections.abc import Iterable
from pathlib import Path
from typing import Unpack

from importer.models.watching import Stop, Watch
from importer.pipeline.inspection.inspect import Inspection
from importer.pipeline.inspection.inspect import inspect as inspect_files
from importer.pipeline.library.handle import Key, OnProgress, Run, paths_of, run_in, secret, settings_of
from importer.pipeline.library.watched import watched
from importer.pipeline.mapper import Asking
from importer.pipeline.plan import check_files, lists_of
from importer.pipeline.run import run_import
from importer.settings.key import load_key
from importer.settings.options import Columns, Options, StrPath


def run(  # noqa: PLR0913 - keyword arguments, each named where it is given
    files: StrPath | Iterable[StrPath],
    *,
    region: str | None = None,
    map: Columns | None = None,  # noqa: A002 - the setting's name
    target: StrPath | None = None,
    runs: StrPath | None = None,
    profile: StrPath | None = None,
    key: Key = None,
    on_progress: OnProgress | None = None,
    stop: Stop | None = None,
    **options: Unpack[Options],
) -> Run:
    """Import files and account for every row, as ``importer run``.

    Args:
        files: one path or several; duplicates are found over all of them.
        region: country of numbers written without one, ISO 3166 alpha-2.
        map: which column fills a field, such as ``{"phone": "Cell", "email": ""}``.
        target: a TOML file that describes another API.
        runs: the folder of runs and their ledger.
        profile: a TOML file with settings.
        key: of the API; by default from ``VOXPRIA_API_KEY``, or the file that ``VOXPRIA_API_KEY_FILE`` names.
        on_progress: gets each step, in the calling thread. If it raises, the run is stopped, and that is raised.
        stop: its ``wish()``, called from another thread, stops the run in good order.
        options: the other settings, such as ``sandbox=True`` or ``suppress="do-not-call.csv"``.

    Raises:
        UsageError: a setting or file cannot be used (``ReadError``, ``MappingError``); nothing was sent.
        RefusedError: nobody said which column, or whose account, is meant (``UndecidedError``); nothing was sent.
        StoppedError: the ledger, or a file of the run, cannot be written or read.
    """
    paths = paths_of(files)
    given = {"region": region, "map": map, "target": target, "runs": runs, **options}
    settings = settings_of(given, profile)
    paths = lists_of(paths, settings)
    the_key = None if settings.sandbox else secret(key) or load_key(settings.key_variable)

    def work(watch: Watch, wish: Stop) -> Run:
        asking = Asking(is_typed=map is not None)
        bound = None if profile is None else Path(profile)
        folder, _ = run_import(paths, settings, the_key, watch, wish, asking=asking, profile=bound)
        return run_in(folder)

    return watched(work, on_progress, stop)


def inspect(  # noqa: PLR0913 - as run
    files: StrPath | Iterable[StrPath],
    *,
    region: str | None = None,
    map: Columns | None = None,  # noqa: A002 - as run
    runs: StrPath | None = None,
    profile: StrPath | None = None,
    on_progress: OnProgress | None = None,
    stop: Stop | None = None,
    **options: Unpack[Options],
) -> Inspection:
    """Read files as an import would and return what it would make of them; send and write nothing.

    Raises:
        UsageError: no file can be read; of several, those that cannot are in ``Inspection.unreadable``.
    """
    paths = paths_of(files)
    check_files(paths)
    settings = settings_of({"region": region, "map": map, "runs": runs, **options}, profile)
    return watched(lambda watch, wish: inspect_files(paths, settings, watch, wish), on_progress, stop)
