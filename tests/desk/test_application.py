"""The screens of the desk, as a browser without scripts gets them."""

import html
import re
from pathlib import Path

import pytest

from importer.desk.application import Manner
from importer.models.outcomes import Reason
from importer.storage.summary import Summary
from tests.conftest import Sandbox, Typed
from tests.support.open_desk import entered, open_desk
from tests.support.reports_run import row, small_run, source, summary_of, write_rows

COLUMNS = ("Name", "Phone", "E-mail", "Lead source", "Note")
REASONS = [Reason.CONFIRMED, Reason.PHONE_INVALID, Reason.REJECTED_BY_API, Reason.SUPPRESSED]
CANARIES = ("Quetzalcoatl", "Xochipilli", "quetzal@", "example.org", "2025550177", "202-555-0177", "secret-note")


def people(folder: Path) -> None:
    """A run of forty rows about one person who must not be seen, and of two sources."""
    cells = {"Name": "XOCHIPILLI, QUETZALCOATL", "Phone": "202-555-0177", "E-mail": "quetzal@example.org",
             "Note": "secret-note"}  # fmt: skip
    sent = {"first_name": "Quetzalcoatl", "last_name": "Xochipilli", "email": "quetzal@example.org"}
    rows = [
        row(reason, "a.csv", number, cells | {"Lead source": "broker" if number % 2 else "web"},
            **sent, phone="+12025550177" if reason is not Reason.PHONE_INVALID else None,
            detail="+12025550177 is Quetzalcoatl's" if reason is Reason.REJECTED_BY_API else None,
            changes="first_name:case; phone:e164")
        for number, reason in enumerate(REASONS * 10, 2)
    ]  # fmt: skip
    write_rows(folder, rows, COLUMNS)
    mapping = {"phone": ["Phone"], "full_name": ["Name"], "email": ["E-mail"]}
    told = {"first_name:case": 40, "phone:e164": 40}
    summary_of(rows, [source("a.csv", COLUMNS, "Phone", mapping=mapping)], changes=told).write(folder, "")


SCREENS = (
    "/", "/?by=Lead+source", "/rows", "/rows?q=outcome:errored&row=1", "/rows?q=202-555-0177&fragment=1", "/changes",
    "/changes?rule=phone:e164", *(f"/row/{position}" for position in range(4)),
)  # fmt: skip


def test_masked_screens_hold_nobody(tmp_path: Path) -> None:
    """No name, number, address or cell of a person is in any screen; without the mask each is found."""
    people(tmp_path)
    with open_desk(tmp_path, Manner("anna", is_masked=True)) as server, entered(server) as client:
        masked = "\n".join(client.get(path).text for path in SCREENS if "202-555" not in path)
    with open_desk(tmp_path) as server, entered(server) as client:
        plain = "\n".join(client.get(path).text for path in SCREENS)
    assert [canary for canary in CANARIES if canary.lower() in masked.lower()] == []
    assert [canary for canary in CANARIES if canary.lower() not in plain.lower()] == []
    assert "+1 202 •••• 77" in masked
    assert "Q. X." in masked
    assert "q…@e….org" in masked


def test_every_link_of_the_overview_finds_as_many_rows_as_it_says(tmp_path: Path) -> None:
    """Tiles, groups and sources lead to their rows."""
    people(tmp_path)
    with open_desk(tmp_path) as server, entered(server) as client:
        overview = client.get("/").text
        links = re.findall(r'<a href="(/rows\?[^"]*)"[^>]*>(.*?)</a>', overview, re.DOTALL)
        figures = {html.unescape(link): re.search(r">(\d+)<|^(\d+)", text) for link, text in links}
        assert len(figures) > 8
        for link, figure in figures.items():
            if figure is not None:
                count = figure[1] or figure[2]
                assert f">{count} of 40 rows<" in client.get(link).text, link


def test_a_dry_run_stands_beside_its_run(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """By outcome what it said and what was done; a row that somebody else imported meanwhile is named."""
    runs, listed = tmp_path / "runs", tmp_path / "list.csv"
    listed.write_text("Name,Phone\nAnn,+12025550101\nBo,+12025550102\nCy,5\n", "utf-8")
    (tmp_path / "one.csv").write_text("Name,Phone\nBo,+12025550102\n", "utf-8")
    to = ("--base-url", sandbox.url, "--runs", runs)
    typed("run", listed, *to, "--dry-run")
    assert typed("run", listed, *to).code == 3
    with open_desk(max(runs.glob("2*"))) as server, entered(server) as client:
        assert ">plan = actual</strong>" in client.get("/").text
        assert "3 rows in both, cell for cell; 0 of them ended otherwise." in client.get("/?plan=rows").text
    other = tmp_path / "others"
    typed("run", listed, *to[:2], "--runs", other, "--dry-run")
    typed("run", tmp_path / "one.csv", *to[:2], "--runs", other)
    typed("run", listed, *to[:2], "--runs", other)
    with open_desk(max(other.glob("2*"))) as server, entered(server) as client:
        page = client.get("/?plan=rows").text
    assert "plan = actual" not in page
    assert "row 3 of list.csv</a></th><td>ready</td>" in page


def test_a_full_name_is_shown_before_and_after(tmp_path: Path) -> None:
    """A rule on it has the cell as read beside the two names that it became; masked, initials stand there."""
    rows = [row(Reason.CONFIRMED, "a.csv", 2, {"Name": "EXAMPLE, BEN"}, first_name="Ben", last_name="Example",
                changes="full_name:split")]  # fmt: skip
    write_rows(tmp_path, rows, ("Name",))
    mapping = {"phone": [], "full_name": ["Name"]}
    summary_of(rows, [source("a.csv", ("Name",), "Phone", mapping=mapping)]).write(tmp_path, "")
    masked = Manner("anna", is_masked=True)
    for manner, words in ((Manner("anna"), ("EXAMPLE, BEN", "Ben Example")), (masked, ("E. B.", "B. E."))):
        with open_desk(tmp_path, manner) as server, entered(server) as client:
            shown = re.sub("<[^>]+>", "", client.get("/changes?rule=full_name:split").text)
        assert all(text in shown for text in words)
        assert "nothing is sent" not in shown


def test_a_source_that_is_worse_is_said(tmp_path: Path) -> None:
    """By the column that names sources, whichever it is."""
    rows = [
        row(Reason.PHONE_MISSING if number % 3 == 0 or number % 4 == 0 else Reason.CONFIRMED, "a.csv", number,
            {"Phone": "", "Quelle": "Makler" if number % 3 == 0 else "Netz"}) for number in range(2, 122)
    ]  # fmt: skip
    write_rows(tmp_path, rows, ("Phone", "Quelle"))
    summary_of(rows, [source("a.csv", ("Phone", "Quelle"), "Phone")]).write(tmp_path, "")
    with open_desk(tmp_path) as server, entered(server) as client:
        lines = re.findall(
            r'<th scope="row"><a[^>]*>(\w+)</a></th>.*?class="number( bad)?">([\d.]+) %',
            client.get("/").text,
            re.DOTALL,
        )
    assert lines == [("Makler", " bad", "100.0"), ("Netz", "", "25.0")]


def test_why_a_row_was_skipped_is_told(tmp_path: Path) -> None:
    """A duplicate names the row that was kept, with a link to it."""
    small_run(tmp_path).write(tmp_path, "")
    with open_desk(tmp_path) as server, entered(server) as client:
        assert (
            '<a href="/rows?q=row%3A2+source%3Acustomers.csv">row 2 of customers.csv</a>' in client.get("/row/1").text
        )
        assert client.get("/row/99").status_code == 404
        assert client.get("/nothing").status_code == 404


def test_a_query_that_cannot_be_is_said_and_shows_all_rows(tmp_path: Path) -> None:
    """In words, beside the field."""
    small_run(tmp_path).write(tmp_path, "")
    with open_desk(tmp_path) as server, entered(server) as client:
        page = client.get("/rows?q=row:ten").text
    assert "row: takes a number or a range" in page
    assert "11 of 11 rows" in page


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x>', "' onmouseover='x"])
def test_cells_are_text(tmp_path: Path, text: str) -> None:
    """Whatever a list or an address holds is shown, never run."""
    rows = [row(Reason.PHONE_INVALID, text, 2, {text: text, "Phone": text}, detail=text, first_name=text, changes=text)]
    write_rows(tmp_path, rows, (text, "Phone"))
    summary_of(rows, [source(text, (text, "Phone"), "Phone")]).write(tmp_path, "")
    with open_desk(tmp_path) as server, entered(server) as client:
        for path in ("/", "/rows", "/changes", "/row/0"):
            page = client.get(path, params={"q": text, "row": 0} if path == "/rows" else {}).text
            assert text not in page
            assert html.escape(text) in page.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")


def test_a_run_that_was_gone_on_with_is_read_again(tmp_path: Path) -> None:
    """A desk that stays open shows the rows as they are now."""
    small_run(tmp_path).write(tmp_path, "")
    with open_desk(tmp_path) as server, entered(server) as client:
        assert "All rows 11" in client.get("/rows").text
        people(tmp_path)
        assert "All rows 40" in client.get("/rows").text
        ended = Summary.read(tmp_path).model_copy(update={"stopped_because": "The line went dead."})
        ended.write(tmp_path, "")
        assert "The line went dead." in client.get("/").text
