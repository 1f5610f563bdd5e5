"""A run in two halves: what is prepared in one place and sent from another is what a run would have sent."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from importer.account.whose import Whose
from importer.errors import ImporterError, ReadError, RefusedError, StoppedError, UsageError
from importer.models.watching import Silence, Stop
from importer.pipeline.approval import approve
from importer.pipeline.prepare import prepare_run
from importer.pipeline.run import resume_import, run_import
from importer.pipeline.send import send_prepared
from importer.settings.settings import load_settings
from importer.storage.prepared import FILE_NAME, Prepared, digest
from importer.storage.run_folder import ROWS, RunFolder
from importer.storage.summary import Summary
from importer.system.places import Folder
from tests.conftest import Sandbox
from tests.support.interruption import Interruption

SAMPLES = [Path(__file__).parents[2] / "sample_data" / name for name in ("front-desk-list.xlsx", "webshop-orders.csv")]
"""A workbook and a text with rows of most ends; ``test_engines`` prepares all samples."""


def prepared(files: list[Path], out: Path, **flags: object) -> Prepared:
    return prepare_run(files, load_settings({"region": "US"} | flags), out, Silence(), Stop())


def sent(out: Path, sandbox: Sandbox, runs: Path, **flags: object) -> tuple[RunFolder, Summary]:
    settings = load_settings({"base_url": sandbox.url, "runs": runs} | flags)
    return send_prepared(out, settings, SecretStr(sandbox.key), Silence(), Stop(), Whose())


def imported(files: list[Path], sandbox: Sandbox, runs: Path, **flags: object) -> tuple[RunFolder, Summary]:
    settings = load_settings({"region": "US", "base_url": sandbox.url, "runs": runs} | flags)
    return run_import(files, settings, SecretStr(sandbox.key), Silence(), Stop())


def write(path: Path, *numbers: str) -> Path:
    path.write_text("\n".join(["Name,Phone", *(f"Ann,{number}" for number in numbers), ""]), "utf-8")
    return path


@pytest.mark.parametrize("keep", ["first", "merge"])
def test_the_halves_make_a_whole_run(tmp_path: Path, sandbox: Sandbox, keep: str) -> None:
    """The same rows with the same ends, in the same batches; the prepared folder may have moved in between."""
    flags = {"keep": keep, "batch_size": 50}
    told = prepared(SAMPLES, tmp_path / "there", **flags)
    (tmp_path / "there").rename(tmp_path / "here")
    folder, summary = sent(tmp_path / "here", sandbox, tmp_path / "runs")
    dry = load_settings({"region": "US", "dry_run": True, "runs": tmp_path / "dry"} | flags)
    one, _ = run_import(SAMPLES, dry, None, Silence(), Stop())
    mine, theirs = (pl.read_parquet(run.path / ROWS) for run in (folder, one))
    changed = ["outcome", "reason", "detail", "contact_id"]
    assert mine.drop(changed).equals(theirs.drop(changed))
    assert summary.balanced
    assert (summary.imported, summary.batches) == (told.to_send, told.batches)
    assert summary.imported == theirs["batch"].count()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_run_is_prepared_into_object_storage(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By this machine, with a suppression list; a part that is lost there is found before anything is sent."""
    pytest.importorskip("obstore", reason="obstore is an extra: pip install 'contacts-importer[remote]'")
    from tests.support import buckets  # noqa: PLC0415 - it needs packages of its own

    no = write(tmp_path / "no.csv", "+14155550102")
    lists = [write(tmp_path / f"{n}.csv", f"+1415555010{n}") for n in range(4)]
    with buckets.s3("lake") as (put, environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        told = prepared(lists, Path("s3://lake/a"), suppress=(no,))
        prepared(lists, Path("s3://lake/b"))
        put(f"b/parts/{told.parts[0].name}", b"another")
        with pytest.raises(RefusedError, match=r"s3://lake/b is not whole: .* is not as it was written"):
            sent(Path("s3://lake/b"), sandbox, tmp_path / "runs")
        _, summary = sent(Path("s3://lake/a"), sandbox, tmp_path / "runs")
    assert summary.reasons == {"imported": {"confirmed": 3}, "skipped": {"suppressed": 1}}


def test_it_is_sent_once_and_goes_on_as_any_run(tmp_path: Path, sandbox: Sandbox) -> None:
    """Neither again from here, nor from a ledger that does not know of this one."""
    prepared([write(tmp_path / "list.csv", "+14155550101")], tmp_path / "out")
    folder, _ = sent(tmp_path / "out", sandbox, tmp_path / "runs")
    with pytest.raises(UsageError, match=f"importer resume {folder.run_id}"):
        sent(tmp_path / "out", sandbox, tmp_path / "runs")
    with pytest.raises(UsageError, match="Nothing was sent from here"):
        sent(tmp_path / "out", sandbox, tmp_path / "others")
    assert resume_import(folder, SecretStr(sandbox.key), Silence(), Stop()).imported == 1


def test_what_was_sent_or_suppressed_in_between_is_kept_back(tmp_path: Path, sandbox: Sandbox) -> None:
    """By another run of this ledger; by a list that the sender adds, or that stands in for the one of its name."""
    (tmp_path / "there").mkdir()
    before = write(tmp_path / "there" / "no.csv", "+14155550101")
    numbers = [f"+1415555010{n}" for n in range(1, 6)]
    told = prepared([write(tmp_path / "list.csv", *numbers)], tmp_path / "out", suppress=(before,))
    assert told.reasons == {"planned": {"ready": 4}, "skipped": {"suppressed": 1}}
    before.unlink()
    with pytest.raises(RefusedError, match="not here"):
        sent(tmp_path / "out", sandbox, tmp_path / "runs")
    imported([write(tmp_path / "other.csv", numbers[1])], sandbox, tmp_path / "runs")
    now = write(tmp_path / "no.csv", numbers[2])
    more = write(tmp_path / "more.csv", numbers[3])
    _, summary = sent(tmp_path / "out", sandbox, tmp_path / "runs", suppress=(now, more))
    assert summary.reasons == {
        "imported": {"confirmed": 1},
        "skipped": {"suppressed": 3, "already-imported": 1},
    }


def _cut(part: Path) -> None:
    part.write_bytes(part.read_bytes()[:-1])


def _lost(part: Path) -> None:
    part.unlink()


def _strange(part: Path) -> None:
    shutil.copy(part, part.with_name("0001-000000-0-0.parquet"))


@pytest.mark.parametrize("harm", [_cut, _lost, _strange])
def test_a_folder_that_is_not_whole_is_refused(tmp_path: Path, sandbox: Sandbox, harm: Callable[[Path], None]) -> None:
    """Nothing is sent or taken over, and the way out is told."""
    prepared([write(tmp_path / "list.csv", "+14155550101")], tmp_path / "out")
    (part,) = (tmp_path / "out" / "parts").iterdir()
    harm(part)
    with pytest.raises(RefusedError, match="Prepare it again"):
        sent(tmp_path / "out", sandbox, tmp_path / "runs")
    assert not list((tmp_path / "runs").glob("2*"))


@pytest.mark.parametrize(
    ("holding", "code"),
    [
        ({"gates": {"max_rows": 1}}, 5),
        ({"gates": {"same_columns": True, "min_rows": 3}, "job": "nightly"}, 5),
        ({"max_error_rate": 0.0}, 5),
        ({"needs_approval": True}, 7),
        ({"approvers": 2}, 7),
    ],
)
def test_what_holds_the_preparation_back_holds_the_sender_back(
    tmp_path: Path, sandbox: Sandbox, holding: dict[str, object], code: int
) -> None:
    """A gate or an approval that was wanted when the rows were prepared is not lost; who approves it sends it."""
    prepared([write(tmp_path / "list.csv", "+14155550101", "12")], tmp_path / "out", **holding)
    folder, summary = sent(tmp_path / "out", sandbox, tmp_path / "runs")
    assert (summary.exit_code, summary.imported, sandbox.store.count()) == (code, 0, 0)
    people = int(str(holding.get("approvers", 1)))
    assert [approve(folder, who).missing for who in ("anna", "cy")[:people]] == list(reversed(range(people)))
    assert resume_import(folder, SecretStr(sandbox.key), Silence(), Stop()).imported == 1


def test_the_sender_s_own_gates_come_first(tmp_path: Path, sandbox: Sandbox) -> None:
    """They stand in for those of the preparation."""
    prepared([write(tmp_path / "list.csv", "+14155550101")], tmp_path / "out", gates={"max_rows": 0})
    _, summary = sent(tmp_path / "out", sandbox, tmp_path / "runs", gates={"max_rows": 1})
    assert [(gate.rule, gate.is_open) for gate in summary.gates] == [("max_rows", True)]
    assert summary.imported == 1


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (pl.col("phone").first(), "sent twice"),
        (pl.col("position") + 1, "do not follow"),
        (pl.col("offset").reverse(), "do not follow"),
        (pl.lit(None, pl.UInt32).alias("batch"), "do not follow"),
    ],
)
def test_books_that_do_not_add_up_are_refused(tmp_path: Path, sandbox: Sandbox, wrong: pl.Expr, why: str) -> None:
    """Whoever wrote the parts, with whatever hashes: each number once, each row in its place."""
    prepared([write(tmp_path / "list.csv", "+14155550101", "+14155550102")], tmp_path / "out")
    (part,) = (tmp_path / "out" / "parts").iterdir()
    pl.read_parquet(part).with_columns(wrong).write_parquet(part)
    told = Prepared.read(Folder(tmp_path / "out"))
    told.parts[0].sha256 = digest(part)
    (tmp_path / "out" / FILE_NAME).write_text(told.model_dump_json(), "utf-8")
    with pytest.raises(RefusedError, match=why):
        sent(tmp_path / "out", sandbox, tmp_path / "runs")


def test_a_stop_or_an_error_leaves_nothing(tmp_path: Path) -> None:
    """A folder of that name is whole, or not there."""
    stop = Stop()
    with pytest.raises(StoppedError, match="nothing was kept"):
        prepare_run(SAMPLES, load_settings({"region": "US"}), tmp_path / "out", Interruption(stop, 1), stop)
    with pytest.raises(ReadError):
        prepared([tmp_path / "none.csv"], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_folders_and_settings_that_do_not_fit(tmp_path: Path, sandbox: Sandbox) -> None:
    """In one line each, before anything is written."""
    for error, out in (("is there already", tmp_path), ("cannot be written", Path("/proc/no/such"))):
        with pytest.raises(ImporterError, match=error):
            prepared(SAMPLES[:1], out)
    with pytest.raises(UsageError, match="no prepared run"):
        sent(tmp_path, sandbox, tmp_path / "runs")
    (tmp_path / FILE_NAME).write_text("{}", "utf-8")
    with pytest.raises(UsageError, match="damaged"):
        sent(tmp_path, sandbox, tmp_path / "runs")
    prepared([write(tmp_path / "list.csv", "+14155550101")], tmp_path / "out")
    with pytest.raises(UsageError, match="--batch-size 10"):
        sent(tmp_path / "out", sandbox, tmp_path / "runs", batch_size=10)
    with pytest.raises(UsageError, match="no dry run"):
        sent(tmp_path / "out", sandbox, tmp_path / "runs", dry_run=True)
