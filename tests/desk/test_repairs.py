"""The setting that stops a repair does stop it."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from importer.desk.repairs import advice, in_words, is_repair
from importer.storage.summary import Summary
from tests.conftest import Typed

NAMES = "Name,Mobile,Work,E-mail\n"
ROWS = (
    "JANE DOE,call office,202-555-0101,JANE@EXAMPLE.COM\n"
    "Cid Ray,12025550103,,\n"
    "Cid Ray,2025550103,,cid@example.com; ray@example.com\n"
)
PARTS = 'First name,Last name,Phone\nANN,LEE,202-555-0101\n"PETERSON, BO",,202-555-0102\n'


def dry(typed: Typed, folder: Path, text: str, *options: str) -> Summary:
    (folder / "list.csv").write_text(text, "utf-8")
    # Each in a folder of its own: what was typed about a header is kept.
    runs = folder / f"runs {len(list(folder.iterdir()))}"
    done = typed("run", folder / "list.csv", "--dry-run", "--json", "--runs", runs, *options)
    told: dict[str, Any] = json.loads(done.out)
    return Summary.model_validate(told)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (
            NAMES + ROWS,
            {
                "full_name:split": "--map full_name=",
                "first_name:case": "--map full_name=",
                "email:domain-case": "--map email=",
                "email:several": "--map email=",
                "email:merged": "--keep first",
                "phone:other-column": '--map phone="Mobile"',
                "phone:country-code": "--region CC",
            },
        ),
        (PARTS, {"last_name:case": "--map last_name=", "full_name:split": "--map first_name="}),
    ],
)
def test_the_setting_stops_the_rule(typed: Typed, tmp_path: Path, text: str, options: dict[str, str]) -> None:
    """Imported with it the list has no such repair, which it had before."""
    before = dry(typed, tmp_path, text, "--region", "US", "--keep", "merge")
    assert options.items() <= {rule: advice(rule, before).option for rule in before.changes}.items()
    assert all(option in advice(rule, before).note for rule, option in options.items())
    given = [word for option in dict.fromkeys(options.values()) for word in shlex.split(option.replace("CC", "DE"))]
    assert options.keys().isdisjoint(dry(typed, tmp_path, text, *given).changes)


def test_where_no_setting_helps_the_list_does(typed: Typed, tmp_path: Path) -> None:
    """In words; a code that names a doubt is no repair."""
    summary = dry(typed, tmp_path, PARTS, "--region", "US")
    assert advice("phone:float-tail", summary).option == ""
    assert advice("phone:float-tail", summary).note.startswith("wrong repair; no setting stops it: write the number")
    assert (is_repair("phone:float-tail"), is_repair("phone:review-zeros")) == (True, False)
    assert in_words("first_name:case") == "first name: case"
