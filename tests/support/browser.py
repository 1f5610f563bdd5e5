"""A real browser for the pages: the system's Chromium, driven by playwright; tests skip by name where it is missing."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

_PATIENCE_MS = 20_000
"""How long a page may take on a busy machine; what is there sooner is not waited for."""
CHROMIUM = shutil.which("chromium")
_QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window, one for all tests of a module."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
        yield started
        started.close()


def expect(what: Any) -> Any:
    """Playwright's assertions, which wait; they need no script in the page, which its policy would refuse."""
    from playwright.sync_api import expect as expected  # noqa: PLC0415 - only where it is installed

    expected.set_options(timeout=_PATIENCE_MS)
    return expected(what)


def findings_of_axe(page: Any) -> list[tuple[str, list[Any]]]:
    """What axe-core finds wrong with the page as it is shown: the rule and the elements."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = axe.Axe().run(page).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]
