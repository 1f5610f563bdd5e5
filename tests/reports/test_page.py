"""``report.html``: what it says, that nothing in it comes from the data but text, and that its table works."""

import base64
import gzip
import hashlib
import itertools
import json
import random
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from importer.models.outcomes import Reason
from importer.reports import page as page_report
from importer.reports.page import write_masked, write_page, write_sheet
from importer.storage.summary import BatchSummary, Origins, Summary
from tests.support.browser import browser, expect
from tests.support.reports_run import row, small_run, source, summary_of, write_rows

__all__ = ["browser"]  # a fixture

PAYLOADS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "</title><script>",
    "' onmouseover='alert(1)", "</script><script>alert(1)</script>", "</style><img>", "<!--", "-->", "]]>", "<![CDATA[",
    "{{ 7*7 }}", "{% raw %}", "javascript:alert(1)", "<a href=//example.invalid>", "&lt;b&gt;", "<template>",
    "</td></tr></table><form action=//example.invalid>", "<base href=//example.invalid>", "<textarea>", "<plaintext>",
    "\u202egnp.exe", "<\0script>",
]  # fmt: skip


class Shape(HTMLParser):
    """Which tags and attributes a page has; ids and text of none."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {(tag, name) for name, _ in attrs}


def shape(html: str) -> Shape:
    parser = Shape()
    parser.feed(html)
    return parser


def page(folder: Path, summary: Summary) -> str:
    assert write_page(folder, summary, full=False) == ["report.html"]
    return (folder / "report.html").read_text("utf-8")


def embedded(html: str) -> dict[str, Any]:
    data = re.search(r'id="data">([^<]*)<', html)
    assert data
    content: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(data[1])))
    return content


def run_of(folder: Path, texts: list[str]) -> Summary:
    """A run in which every text that is not ours is one of these."""
    take = itertools.cycle(texts).__next__
    columns = (take() + " 1", take() + " 2", take() + " 3")
    rows = [
        row(Reason.REJECTED_BY_API, take(), number, {column: take() for column in columns}, sheet=take(), detail=take(),
            phone=take(), first_name=take(), last_name=take(), email=take(), batch=1)
        for number in range(40)
    ]  # fmt: skip
    write_rows(folder, rows, columns)
    more: dict[str, Any] = {
        "sheet": take(),
        "encoding": take(),
        "delimiter": take(),
        "sha256": take(),
        "format": take(),
    }
    sources = [source(take(), columns, columns[1], notes=[take()], **more)]
    return summary_of(
        rows, sources, passed_over=sources, run_id=take(), target=take(), region=take(), started_at=take(),
        stopped_because=take(), changes={take() + str(number): number for number in range(3)}, batches=1,
        batch_list=[BatchSummary(number=1, rows=40, state=take(), note=take())], seconds={take(): 1.0},
    )  # fmt: skip


def test_the_page_is_as_recorded(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """The account of a small run, word for word; style, script and packed rows left out."""
    folder = tmp_path / "runs" / "2026-03-01-0900-abcd"
    folder.mkdir(parents=True)
    html = page(folder, small_run(folder))
    html = re.sub(
        r"<style>.*?</style>|<script>.*?</script>|(?<=id=\"data\">)[^<]*|sha256-[^']*", "…", html, flags=re.DOTALL
    )
    assert html == snapshot


def test_data_adds_no_markup(tmp_path: Path) -> None:
    """2,000 hostile texts in every place that takes text leave the page with the tags and attributes of a tame run."""
    tame = shape(page(tmp_path, run_of(tmp_path, ["tame"])))
    chance = random.Random(7)  # noqa: S311 - no secret
    texts = PAYLOADS + ["".join(chance.sample(PAYLOADS, 2)) for _ in range(2000 - len(PAYLOADS))]
    for start in range(0, 2000, 250):
        hostile = shape(page(tmp_path, run_of(tmp_path, texts[start : start + 250])))
        assert hostile.tags == tame.tags
        assert hostile.attributes == tame.attributes


def test_the_policy_names_the_only_script(tmp_path: Path) -> None:
    """The page forbids everything but its own style and the script with this hash, and names no other place."""
    html = page(tmp_path, small_run(tmp_path))
    script = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}';" in html
    assert not re.search(r'(src|href)="(?!#q=|\w+\.(csv|xlsx|json|parquet)")', html)


def test_invisible_controls_are_made_visible(tmp_path: Path) -> None:
    """NUL, escape and direction marks do not reach the page's text as they are."""
    html = page(tmp_path, run_of(tmp_path, ["a\0b\x1b[31m\u202ec\u2066d\x85"]))
    assert not set("\0\x1b\u202e\u2066\x85") & set(html)
    assert "a\ufffdb\ufffd[31m\ufffdc\ufffdd\ufffd" in html


def test_the_table_stops_where_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It packs a limited number of rows, those that need a person before the skipped, and says where the others are."""
    monkeypatch.setattr(page_report, "TABLE_ROWS", 200)
    rows = [row(Reason.SUPPRESSED, "a.csv", 1, {})] * 10 + [row(Reason.PHONE_MISSING, "a.csv", 1, {})] * 200
    write_rows(tmp_path, rows, ("Phone",))
    html = page(tmp_path, summary_of(rows, [source("a.csv", ("Phone",), "Phone")]))
    assert "200 of them need a person. The first 200 of 210 rows; all of them are in errored.csv, skipped.csv" in html
    assert 'data-more="10"' in html
    packed = embedded(html)
    assert len(packed["columns"][0]) == 200
    assert set(packed["columns"][packed["names"].index("outcome")]) == {"errored"}


def test_the_page_is_named_after_its_list_and_how_it_ended(tmp_path: Path) -> None:
    """A dry run and a run that was refused are not called "0 imported"."""
    rows = [row(Reason.READY, "a.csv", 2, {"Phone": "1"}), row(Reason.PHONE_MISSING, "a.csv", 3, {})]
    write_rows(tmp_path, rows, ("Phone",))
    ends = {
        "dry-run": "<h1>a.csv: 1 of 2 would be sent, 1 to fix</h1>",
        "refused": "<h1>a.csv: nothing was sent</h1>",
    }
    for status, heading in ends.items():
        html = page(tmp_path, summary_of(rows, [source("a.csv", ("Phone",), "Phone")], status=status))
        assert heading in html


PERSON = ("Quetzalcoatl", "Xochipilli", "quetzal@", "example.org", "2025550177", "202-555-0177", "secret-note")


def run_of_one(folder: Path) -> Summary:
    """Rows of every reason about one person, whom nobody may find in what is shared."""
    cells = {"Name": "QUETZALCOATL XOCHIPILLI", "Phone": "202-555-0177", "Note": "secret-note"}
    person = {"first_name": "Quetzalcoatl", "last_name": "Xochipilli", "email": "quetzal@example.org"}
    words = "202-555-0177 of Quetzalcoatl is refused"
    quoting = (Reason.REJECTED_BY_API, Reason.SKIPPED_BY_API, Reason.REPLY_LOST)
    rows = [
        row(reason, "a.csv", number, cells, **person, phone=None if number % 2 else "+12025550177", batch=1,
            detail=words if reason in quoting else None)
        for number, reason in enumerate(Reason, 2)
    ]  # fmt: skip
    write_rows(folder, rows, tuple(cells))
    batch = BatchSummary(number=1, rows=len(rows), state="settled", note=words)
    return summary_of(rows, [source("a.csv", tuple(cells), "Phone")], batch_list=[batch], stopped_because=words)


def test_what_is_shared_holds_nobody(tmp_path: Path) -> None:
    """No name, number, address or cell of a person is in the masked page, its packed rows included, or in the sheet."""
    summary = run_of_one(tmp_path)
    masked = write_masked(tmp_path, summary).read_text("utf-8")
    shared = (
        masked + json.dumps(embedded(masked), ensure_ascii=False) + write_sheet(tmp_path, summary).read_text("utf-8")
    )
    assert [text for text in PERSON if text.lower() in shared.lower()] == []
    assert {"Q.", "+1 202 •••• 77", "999-999-9999", "q…@e….org"} <= {t for c in embedded(masked)["columns"] for t in c}
    whole = page(tmp_path, summary)
    assert [text for text in PERSON if text not in whole + json.dumps(embedded(whole)) and text != "example.org"] == []


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_sheet_is_one_printed_page(tmp_path: Path, browser: Any, paper: str) -> None:
    """With every reason that there is and more sources than fit, on both kinds of paper."""
    summary = run_of_one(tmp_path)
    values = {f"source {number}": {"confirmed": 90, "phone-missing": number} for number in range(20)}
    summary = summary.model_copy(update={"origins": Origins(column="Lead source", values=values)})
    view = browser.new_page()
    view.goto(write_sheet(tmp_path, summary).as_uri())
    printed = view.pdf(format=paper)
    view.close()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1


def test_paper_has_every_word_and_a_head_on_each_page(tmp_path: Path, browser: Any) -> None:
    """The text of the print is that of the cells, none is cut off; the table's head stands on every page of it."""
    pdftotext = shutil.which("pdftotext")
    if pdftotext is None:
        pytest.skip("pdftotext is not installed")
    rows = [
        row(Reason.PHONE_INVALID, "a-list-with-a-long-name.csv", number, {"Phone": f"call the office, desk {number}"},
            first_name="Maximiliane", last_name=f"von und zu Beispiel {number}", detail="too short; " * 6,
            email=f"maximiliane.von.und.zu.beispiel{number}@correspondence.example.org")
        for number in range(2, 102)
    ]  # fmt: skip
    write_rows(tmp_path, rows, ("Phone",))
    batches = [
        BatchSummary(number=n, rows=10_000, state="ambiguous", attempts=3, note="read timeout after the last byte")
        for n in range(1, 4)
    ]
    page(tmp_path, summary_of(rows, [source("a.csv", ("Phone",), "Phone")], batches=3, batch_list=batches))
    view = browser.new_page()
    view.goto((tmp_path / "report.html").as_uri())
    view.wait_for_selector("#filters:not([hidden])")
    view.pdf(path=tmp_path / "report.pdf", format="A4")
    cells = view.evaluate("[...document.querySelectorAll('th, td')].map((cell) => cell.innerText)")
    assert view.locator("#grid thead button").count() == 6  # they are back
    view.close()
    done = subprocess.run([pdftotext, "-raw", tmp_path / "report.pdf", "-"], capture_output=True, text=True, check=True)
    printed = re.sub(r"[\s\xad]", "", done.stdout)
    assert [cell for cell in cells if re.sub(r"[\s\xad]", "", cell) not in printed] == []
    pages = [text for text in done.stdout.split("\f") if "beispiel" in text]
    assert len(pages) > 2
    assert all("place reason what is wrong" in text for text in pages)


def test_a_run_that_needs_nobody_says_so(tmp_path: Path) -> None:
    """Where every row was imported there is nothing to do and no table of rows."""
    rows = [row(Reason.CONFIRMED, "a.csv", 2, {"Phone": "+12025550143"})]
    write_rows(tmp_path, rows, ("Phone",))
    html = page(tmp_path, summary_of(rows, [source("a.csv", ("Phone",), "Phone")], exit_code=0))
    assert "Nothing. Every row has its answer" in html
    assert "Rows that were not imported" not in html


def test_a_run_without_rows_has_a_page(tmp_path: Path) -> None:
    """An empty list is a run like any other."""
    write_rows(tmp_path, [], ("Phone",))
    assert "a.csv: 0 of 0 imported" in page(tmp_path, summary_of([], [source("a.csv", ("Phone",), "Phone")]))


def test_books_that_do_not_balance_stand_first(tmp_path: Path) -> None:
    """A missing row is said in the account, with the equation that fails, and is the first thing to act on."""
    summary = small_run(tmp_path).model_copy(update={"rows": 12, "balanced": False})
    html = page(tmp_path, summary)
    assert "2 imported + 3 skipped + 4 errored + 1 unconfirmed + 1 waiting ≠ 12 rows read" in html
    assert "<li>The books do not balance." in html


@pytest.mark.parametrize(
    ("counted", "verdict"),
    [((2, 1, 0), "agree"), ((1, 2, 0), "differ"), ((2, 0, 1), "differ"), ((None, None, None), "no answer")],
)
def test_a_batch_is_compared_with_the_api(
    tmp_path: Path, counted: tuple[int | None, int | None, int | None], verdict: str
) -> None:
    """The API's counters stand beside ours, and a difference is named."""
    imported, skipped, errors = counted
    batch = BatchSummary(number=1, rows=3, state="settled", imported=imported, skipped=skipped, errors=errors)
    html = page(tmp_path, small_run(tmp_path).model_copy(update={"batch_list": [batch]}))
    assert re.findall(r'<td class="verdict \w+">([^<]*)<', html) == [verdict]


def test_searching_works_in_a_browser(tmp_path: Path, browser: Any) -> None:
    """In a real browser the table draws what is in sight, finds by any cell, and treats markup as text.

    The address carries the filter, a skipped person is found with the reason, and what is not found is said.
    """
    rows = [row(Reason.PHONE_MISSING, "a.csv", number, {"Phone": f"cell {number}"}) for number in range(2, 3002)]
    rows.append(row(Reason.PHONE_INVALID, "b.csv", 9, {"Phone": "<b>needle</b>"}))
    rows.append(row(Reason.NO_CONSENT, "b.csv", 10, {"Phone": "x"}, email="jane@example.com", detail="says no"))
    write_rows(tmp_path, rows, ("Phone",))
    page(tmp_path, summary_of(rows, [source(file, ("Phone",), "Phone") for file in ("a.csv", "b.csv")]))
    view = browser.new_page()
    complaints: list[str] = []
    view.on("console", lambda message: complaints.append(message.text))
    view.on("pageerror", lambda error: complaints.append(str(error)))
    view.goto((tmp_path / "report.html").as_uri())
    view.wait_for_selector("#filters:not([hidden])")
    assert view.locator("#grid tbody tr[data-index]").count() < 100
    view.fill("#search", "NEEDLE")
    expect(view.locator("#found")).to_have_text("1 of 3,002 rows")
    assert view.locator("#grid tbody tr[data-index] td").nth(2).inner_text() == "<b>needle</b>"
    view.locator("#grid tbody button").click()
    assert view.locator("#row-cells dd").inner_text() == "<b>needle</b>"
    view.keyboard.press("Escape")
    view.fill("#search", "jane@example.com")
    expect(view.locator("#grid tbody tr[data-index]")).to_contain_text("says no")
    assert view.url.endswith("#q=jane%40example.com")
    view.fill("#search", "nobody")
    expect(view.locator("#nothing")).to_be_visible()
    view.locator(".tile.errored a").click()
    expect(view.locator("#found")).to_have_text("3,001 of 3,002 rows")
    view.locator("#grid tbody button").first.click()
    view.keyboard.press("ArrowRight")
    assert view.inner_text("#row-title") == "row 3, a.csv"
    view.close()
    assert complaints == []
