"""What is answered about columns: asked at a terminal, refused without one, kept for the next list like it."""

import stat
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from importer.errors import UndecidedError, UsageError
from importer.models.watching import Silence
from importer.pipeline.mapper import Asking, Question
from importer.pipeline.plan import make_plan, named
from importer.pipeline.suppression_lists import read_lists
from importer.settings.settings import FIELDS
from importer.storage.kept_answers import FILE_NAME, Answers
from tests.support.asking import settings_of

LIST = "Name,Fax,Other fax\n" + "".join(f"Ann Lee,+1 415 555 01{n:02},+1 415 555 02{n:02}\n" for n in range(9))


@pytest.fixture
def faxes(tmp_path: Path) -> Path:
    file = tmp_path / "faxes.csv"
    file.write_text(LIST, "utf-8")
    return file


class Told(Silence):
    """A watch that keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def phones(file: Path, asking: Asking | None = None, watch: Told | None = None, **flags: Any) -> tuple[str, ...]:
    (pair,) = make_plan(named([file]), settings_of(file, **flags), watch or Told(), asking).tables
    return pair[1].phones


def test_unattended_a_doubt_is_refused(faxes: Path) -> None:
    """Exit code 5, the candidates with their points, what to type, and no cell."""
    with pytest.raises(UndecidedError) as caught:
        phones(faxes)
    assert caught.value.exit_code == 5
    assert '--map phone="Fax" or --map phone="Other fax"' in str(caught.value)
    assert "555" not in str(caught.value)


def test_an_answer_is_kept_for_the_header_not_the_file(faxes: Path) -> None:
    """Another file with the same header is mapped alike and it is said; another header is asked again."""
    asked: list[Question] = []

    def ask(question: Question) -> tuple[str, ...]:
        asked.append(question)
        return ("Other fax", "Fax")

    assert phones(faxes, Asking(ask)) == ("Other fax", "Fax")
    assert asked[0].examples["Fax"] == ("+1 4•• ••• ••••",)
    told = Told()
    again = faxes.rename(faxes.with_name("next month.csv"))
    assert phones(again, watch=told) == ("Other fax", "Fax")
    assert "as you answered on 20" in told.notes[0]
    assert stat.S_IMODE((faxes.parent / "runs" / FILE_NAME).stat().st_mode) == 0o600
    faxes.write_text(LIST.replace("Other fax", "Old fax"), "utf-8")
    with pytest.raises(UndecidedError):
        phones(faxes)


def test_map_beats_what_was_answered_and_is_kept_where_it_was_typed(faxes: Path) -> None:
    """A profile's map is used and not kept; a typed one is kept, replaces the answer, and can be forgotten."""
    assert phones(faxes, map={"phone": ["Fax"]}) == ("Fax",)
    with pytest.raises(UndecidedError):
        phones(faxes)
    assert phones(faxes, Asking(is_typed=True), map={"phone": ["Fax"]}) == ("Fax",)
    assert phones(faxes) == ("Fax",)
    assert phones(faxes, map={"phone": ["Other fax"]}) == ("Other fax",)
    assert phones(faxes) == ("Fax",)
    with pytest.raises(UndecidedError):
        phones(faxes, Asking(forgets=True))
    with pytest.raises(UndecidedError):
        phones(faxes)


def test_an_answer_that_does_not_fit_any_more_is_not_used(faxes: Path) -> None:
    """Where the columns have changed places under the same header, the answer is void and the doubt is back."""
    phones(faxes, Asking(is_typed=True), map={"phone": ["Fax"]})
    faxes.write_text(LIST.replace("+1 415 555 01", "see page "), "utf-8")
    told = Told()
    with pytest.raises(UndecidedError, match="Other fax"):
        phones(faxes, watch=told)
    assert "does not look like the phone number any more" in told.notes[0]


def test_a_column_that_was_given_for_two_fields_is_kept_for_both(faxes: Path) -> None:
    """Typed in one run or in two; the next list with this header is read so."""
    for field in ("first_name", "last_name"):
        phones(faxes, Asking(is_typed=True), map={"phone": ["Fax"], field: ["Name"]})
    told = Told()
    assert phones(faxes, watch=told) == ("Fax",)
    assert sum('taken from "Name"' in note for note in told.notes) == 2


def test_a_run_goes_on_with_the_mapping_that_it_began_with(faxes: Path) -> None:
    """Whatever was answered since: what a run remembers of a table is neither asked nor weighed again."""
    phones(faxes, Asking(is_typed=True), map={"phone": ["Fax"]})
    began = dict.fromkeys(FIELDS, ()) | {"phone": ("Other fax",)}
    settings = settings_of(faxes)
    ((_, mapping),) = make_plan(named([faxes]), settings, Told(), Asking(pinned={(faxes.name, None): began})).tables
    assert (mapping.phones, mapping.full_name, mapping.doubts()) == (("Other fax",), None, ())


def test_a_suppression_list_that_is_not_sure_suppresses_more(faxes: Path) -> None:
    """Every column that may hold its numbers counts; nothing is asked."""
    listed = faxes.with_name("dnc.csv")
    listed.write_text("Do not call number,Other\n" + "+14155550100,+14155550200\n" * 3, "utf-8")
    settings = settings_of(faxes, suppress=listed, map={"phone": ("Fax",)})
    numbers = read_lists(settings.suppress, settings, Told()).numbers
    assert (numbers.has(pl.Series(["+14155550100", "+14155550200"])).all(), numbers.count()) == (True, 2)


def test_a_look_asks_and_keeps_nothing(faxes: Path) -> None:
    """The best candidate stands in; the folder of runs is not made."""
    assert phones(faxes, Asking(is_look=True)) == ("Fax",)
    assert not (faxes.parent / "runs").exists()


@pytest.mark.parametrize("text", ["", "{", '{"version": 2}', '{"headers": {"a": {"phone": "b"}}}', "[]"])
def test_a_damaged_file_of_answers_is_a_clear_error(tmp_path: Path, text: str) -> None:
    """It names the file and the way out."""
    (tmp_path / FILE_NAME).write_text(text, "utf-8")
    with pytest.raises(UsageError, match=r"mappings\.json.* delete it"):
        Answers(tmp_path)


def test_a_table_without_header_is_not_remembered(tmp_path: Path) -> None:
    """Two lists of three columns have nothing in common but their width."""
    file = tmp_path / "list.csv"
    file.write_text("".join(f"Ann Lee,+1 415 555 01{n:02},+1 415 555 02{n:02}\n" for n in range(9)), "utf-8")
    assert phones(file, Asking(lambda _: ("column 3",))) == ("column 3",)
    with pytest.raises(UndecidedError):
        phones(file)
