"""Commands are imported and made when they are asked for, and helps without what none of them has."""

import subprocess
import sys
from pathlib import Path

import pytest

_LOADED = """
import sys
from importer.cli import main
sys.argv = ["importer", *{arguments}]
try:
    main()
except SystemExit:
    print("loaded:", *sys.modules, file=sys.stderr)
    import rich.markdown
    assert rich.markdown.Markdown("*soft*").markup
"""


def loaded(*arguments: str) -> set[str]:
    """Return the modules that a start of the command line has loaded when it ends."""
    program = _LOADED.format(arguments=arguments)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stderr.partition("loaded: ")[2].split())


@pytest.mark.parametrize("command", ["runs", "contacts", "job"])
def test_one_command_is_imported_and_no_other(command: str) -> None:
    """However many there are."""
    modules = loaded(command, "--nonsense")
    assert [name for name in modules if name.startswith("importer.cli.commands.")] == [
        f"importer.cli.commands.{command}"
    ]


def test_the_help_of_all_imports_what_shows_it_and_no_work() -> None:
    """No frame, no client, no settings; what was left out can be imported by whoever needs it."""
    modules = loaded("--help")
    heavy = {
        "polars",
        "httpx",
        "pydantic",
        "markdown_it",
        "pygments",
        "importer.cli.bugs",
        "importer.settings.settings",
    }
    assert heavy & modules == set()
    assert "typer.rich_utils" in modules


def test_a_run_imports_nothing_that_few_lists_need() -> None:
    """What only odd addresses, jobs and entities need comes when they are met."""
    program = "import sys, importer.cli.run; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"email_validator", "importer.settings.job", "openpyxl"} & set(done.stdout.split()) == set()


def test_a_dry_run_loads_nothing_that_sends(tmp_path: Path) -> None:
    """Neither HTTP nor the engine nor the account's lists: it opens the ledger, and that is all."""
    contacts = tmp_path / "contacts.csv"
    contacts.write_text("First name,Phone\nAnn,(415) 555-0100\n", "utf-8")
    modules = loaded("run", str(contacts), "--region", "US", "--dry-run", "--runs", str(tmp_path / "runs"))
    sends = {"httpx", "ssl", "importer.delivery.engine", "importer.account.session", "importer.sandbox.embedded"}
    assert "importer.pipeline.reconciliation" in modules
    assert (sends & modules, "email.policy" in modules) == (set(), False)
