"""The desk in a real browser: by keyboard alone, in light and dark, and at the width of a phone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from importer.models.outcomes import Reason
from importer.storage.decisions import Decisions
from tests.support.browser import browser, expect, findings_of_axe
from tests.support.doubtful_run import doubtful_run
from tests.support.open_desk import open_desk
from tests.support.reports_run import recorded, row, source, summary_of, write_rows

__all__ = ["browser"]  # a fixture

COLUMNS = ("Name", "Phone", "Lead source")
LOOKS: list[dict[str, Any]] = [
    {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of 300 rows, 100 of them to correct, of two kinds."""
    folder = tmp_path_factory.mktemp("run")
    rows = [
        row(Reason.CONFIRMED if number % 3 else Reason.PHONE_INVALID, "a.csv", number,
            {"Name": f"PERSON {number}", "Phone": "call office" if number % 6 else "555-1234",
             "Lead source": "web"[: number % 2 + 2]},
            first_name="Person", last_name=str(number), changes="first_name:case" if number > 9 else "last_name:case")
        for number in range(2, 302)
    ]  # fmt: skip
    write_rows(folder, rows, COLUMNS)
    mapping = {"phone": ["Phone"], "full_name": ["Name"]}
    recorded(folder, summary_of(rows, [source("a.csv", COLUMNS, "Phone", mapping=mapping)]))
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[tuple[str, str]]:
    """The desk over the run: its address, and the one that opens it."""
    with open_desk(folder) as server:
        yield server.url, server.opening


@pytest.fixture(scope="module")
def session(browser: Any, address: tuple[str, str]) -> dict[str, Any]:
    """The cookie of the desk, for every page of the module; the address opens only once."""
    context = browser.new_context()
    context.new_page().goto(address[1])
    state: dict[str, Any] = context.storage_state()
    context.close()
    return state


@pytest.fixture
def page(browser: Any, session: dict[str, Any]) -> Iterator[Any]:
    """A page with the cookie; nothing may go wrong in it, and nothing be loaded from elsewhere."""
    context = browser.new_context(storage_state=session, **LOOKS[0])
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def test_a_row_is_found_and_read_by_keyboard_alone(page: Any, address: tuple[str, str]) -> None:
    """From the overview: two keys to the rows, one to the search, one to the row; the address keeps the query."""
    page.goto(address[0])
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url("**/rows")
    page.keyboard.press("/")
    page.keyboard.type("person 30 reason:phone-invalid")
    expect(page.locator("output")).to_have_text("2 of 300 rows")
    assert page.url.endswith("q=person+30+reason%3Aphone-invalid")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_contain_text("Row 30 ")
    page.keyboard.press("j")
    expect(page.locator("#panel h2")).to_contain_text("Row 300 ")
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")


def test_pages_are_turned_by_key_and_what_is_found_is_announced(page: Any, address: tuple[str, str]) -> None:
    """Every row is reached without a mouse; a screen reader hears the count."""
    page.goto(f"{address[0]}/rows")
    assert page.inner_text("tbody tr:first-child th") == "2"
    page.keyboard.press("]")
    expect(page.locator("tbody th").first).to_have_text("102")
    page.fill("#q", "-outcome:imported")
    expect(page.locator("#said")).to_have_text("100 of 300 rows")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.is_visible("#help")


def test_groups_are_decided_by_keyboard_alone(page: Any, address: tuple[str, str], folder: Path) -> None:
    """Two groups of fifty rows each: three keys to drop one, a few more to put an area code before the other; undo."""
    page.goto(f"{address[0]}/fix")
    expect(page.locator("output")).to_have_text("100 of 100 rows")
    page.keyboard.press("1")
    expect(page.locator("output")).to_have_text("50 of 100 rows")
    page.keyboard.press("A")
    page.keyboard.type("202")
    expect(page.locator("#preview strong")).to_have_text("50 rows")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("50 rows decided")
    page.keyboard.press("1")
    expect(page.locator("output")).to_have_text("50 of 100 rows")
    page.keyboard.press("D")
    expect(page.locator("#preview strong")).to_have_text("50 rows")
    page.keyboard.press("Enter")
    expect(page.locator(".nothing")).to_contain_text("Nothing is left to do.")
    states = Decisions(folder).rows().values()
    assert sorted({state.choice for state in states}) == ["drop", "set"]
    assert {cell for state in states for cell in state.cells.values()} == {"202 555-1234"}
    page.keyboard.press("u")
    expect(page.locator("output")).to_have_text("50 of 100 rows")
    page.keyboard.press("u")
    expect(page.locator("output")).to_have_text("100 of 100 rows")


def test_a_cell_is_corrected_by_keyboard_alone(page: Any, address: tuple[str, str], folder: Path) -> None:
    """Enter into the cell, type, Enter: it is kept, and the cell of the next row is ready; then drop, note and undo."""
    decided = len(Decisions(folder).since(0))
    page.goto(f"{address[0]}/fix?q=row:2-20")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("tr.on .would")).to_have_text("nothing: still phone invalid")
    page.keyboard.type("+1 202 555 0143")
    expect(page.locator("tr.on .would")).to_have_text("+1 202 555 0143")
    assert len(Decisions(folder).since(0)) == decided
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-state=corrected]")).to_have_count(1)
    expect(page.locator("tbody tr:nth-child(2) input")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(page.locator("tr[data-state=dropped]")).to_have_count(1)
    expect(page.locator("#said")).to_have_text("Dropped it")
    page.keyboard.press("u")
    expect(page.locator("tr[data-state=dropped]")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("ask Bo")
    page.keyboard.press("Enter")
    expect(page.locator("tr.on .note")).to_contain_text("ask Bo")
    assert [line.act for line in Decisions(folder).since(0)][-4:] == ["set", "drop", "drop", "note"]


def test_a_wrong_repair_is_flagged_by_keyboard_alone(page: Any, address: tuple[str, str], folder: Path) -> None:
    """A key for the row, one for the rule, each said aloud with the setting that stops it; a click takes one back."""
    decided = len(Decisions(folder).since(0))
    page.goto(address[0])
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/changes")
    page.keyboard.press("2")
    expect(page.locator("h1")).to_have_text("last name: case")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("w")
    expect(page.locator("tbody .tag.wrong")).to_have_count(1)
    expect(page.locator("#said")).to_contain_text("to stop it: --map full_name=")
    expect(page.locator("tr.on th a")).to_have_text("3")
    page.keyboard.press("W")
    expect(page.locator(".filters .tag.wrong")).to_have_text("wrong: the whole rule and 1 row")
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_contain_text("wrong repair: last name: case")
    assert findings_of_axe(page) == []
    page.keyboard.press("Escape")
    page.click("tr.on [data-wrong]")
    expect(page.locator("tbody .tag.wrong")).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator("tbody .tag.wrong")).to_have_count(1)
    page.click("#undo")
    expect(page.locator(".filters .tag.wrong")).to_have_text("wrong: 1 row")
    lines = [(line.row and line.row[2], line.now is not None) for line in Decisions(folder).since(decided)]
    assert lines == [(3, True), (None, True), (3, False), (3, True), (None, False)]


def test_what_is_worth_a_look_is_judged_by_keyboard_alone(browser: Any, tmp_path: Path) -> None:
    """A key for the row, the same key with Shift for all that is found; keys typed at once mean one row each; undo."""
    folder = doubtful_run(tmp_path)
    with open_desk(folder) as server:
        page = browser.new_context(**LOOKS[0]).new_page()
        page.goto(server.opening)
        page.keyboard.press("g")
        page.keyboard.press("l")
        page.wait_for_url("**/look")
        expect(page.locator("output")).to_have_text("8 of 8")
        page.keyboard.press("1")
        expect(page.locator("output")).to_have_text("1 of 8")
        page.keyboard.press("t")
        expect(page.locator(".nothing")).to_be_visible()
        page.goto(f"{server.url}/look?q=look:todo+finding:one-person-two-numbers")
        page.keyboard.press("s")
        page.keyboard.press("s")
        page.keyboard.press("t")
        expect(page.locator(".nothing")).to_be_visible()
        page.keyboard.press("u")
        expect(page.locator("output")).to_have_text("1 of 8")
        page.goto(f"{server.url}/look?q=look:todo+finding:phone:review-country")
        page.keyboard.press("R")
        expect(page.locator("#toast")).to_contain_text("2 rows decided")
        for look in LOOKS:
            page.emulate_media(color_scheme=look["color_scheme"])
            page.set_viewport_size(look["viewport"])
            page.goto(f"{server.url}/look?q=")
            page.locator("tbody tr").first.click()
            expect(page.locator("#panel h2").first).to_be_visible()
            assert findings_of_axe(page) == []
        page.context.close()
    looked = [(line.field, line.now) for line in Decisions(folder).since(0)]
    assert looked == [
        ("one-number-two-people", "two"), ("one-person-two-numbers", "same"), ("one-person-two-numbers", "same"),
        ("one-person-two-numbers", "two"), ("one-person-two-numbers", None),
        ("phone:review-country", "right"), ("phone:review-country", "right"),
    ]  # fmt: skip


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "phone"])
def test_axe_finds_nothing(
    browser: Any, session: dict[str, Any], address: tuple[str, str], look: dict[str, Any]
) -> None:
    """On every screen, in light and dark, and at the width of a phone."""
    context = browser.new_context(storage_state=session, **look)
    opened = context.new_page()
    for path in (
        "/",
        "/fix?q=row:2-20",
        "/send",
        "/approve",
        "/history",
        "/rows?q=outcome:errored+row:2-20&row=1",
        "/changes?rule=last_name:case",
    ):
        opened.goto(address[0] + path)
        assert findings_of_axe(opened) == [], path
    context.close()
