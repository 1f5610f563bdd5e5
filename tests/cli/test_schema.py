"""The schemas are of what is written, and the shells complete what the command line has."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from jsonschema import Draft202012Validator

import importer
from importer.cli.schema import SCHEMAS, schema_of
from importer.models.decisions import Change
from importer.storage.decisions import Decisions
from tests.conftest import Sandbox, Typed
from tests.support.jobs import people


def test_the_schema_of_a_summary_has_every_field_that_is_written(tmp_path: Path, typed: Typed) -> None:
    """No field more and none less; who wrote it, and when, is among them."""
    (tmp_path / "list.csv").write_text("Phone\n+12025550101\n", "utf-8")
    done = typed("run", tmp_path / "list.csv", "--dry-run", "--runs", tmp_path / "runs", "--json")
    written = json.loads(done.out)
    schema = json.loads(typed("schema", "summary").out)
    assert schema["properties"].keys() == written.keys()
    assert set(schema["required"]) <= written.keys()
    assert schema["additionalProperties"] is False
    assert (written["version"], written["schema_version"]) == (importer.__version__, 2)
    assert written["started_at"] <= written["ended_at"]


def test_all_that_is_printed_for_programs_has_its_schema(
    tmp_path: Path, typed: Typed, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command of each schema, carried out; a document has every field of its schema and no other."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMPORTER_BASE_URL", sandbox.url)
    Path("a.csv").write_text(f"{people(3)}No Number,,\n", "utf-8")
    Path("inbox").mkdir()
    Path("inbox/b.csv").write_text(people(2, 10), "utf-8")
    Path("job.toml").write_text('name = "nightly"\nsource = { inbox = "inbox", settle_s = 0 }\n', "utf-8")
    seen = set()
    for line in _PRINTING.split("\n"):
        name, *command = line.split()
        done = typed(*command, "--json")
        assert done.out, done.err
        documents = map(json.loads, done.out.splitlines() if name in {"contact", "deleted"} else [done.out])
        schema = schema_of(name)
        jsonschema.Draft202012Validator.check_schema(schema)
        for document in documents:
            jsonschema.validate(document, schema, jsonschema.Draft202012Validator)
            fields = _fields(schema)
            for one in document if isinstance(document, list) else [document]:
                assert fields is None or fields == one.keys(), name
            seen.add(name)
    assert seen == SCHEMAS.keys() - {"job", "review"}  # files that people write, or decide


_PRINTING = """\
inspection inspect a.csv
converted convert a.csv --out plain
prepared prepare a.csv --out halves
summary run a.csv --dry-run
summary run a.csv
summary verify latest
summary report latest
runs runs
trace trace +12025550101
find find Person
compare compare latest
undo undo latest --yes
forget forget +14155550123 --yes
purge purge --older-than 90d --yes
doctor doctor
contact contacts create +12025550177
contact contacts list
contact contacts update +12025550177 --first-name Ada
deleted contacts delete +12025550177 --yes
job-check job check job.toml
job-run job run job.toml
job-status job status job.toml
docs docs
docs docs jobs
schemas schema"""


def _fields(schema: dict[str, Any]) -> set[str] | None:
    """The fields of a document, or of each in a list; None if it has none of its own."""
    form = schema.get("items", schema)
    if "$ref" in form:
        form = schema["$defs"][form["$ref"].rpartition("/")[2]]
    return set(form["properties"]) if "properties" in form else None


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_schema_says_what_it_is_of(name: str) -> None:
    """Draft 2020-12, with what has this form."""
    schema = schema_of(name)
    assert schema["$schema"].endswith("2020-12/schema")
    assert SCHEMAS[name][1] in schema["$comment"]


def test_an_unknown_schema_names_the_nearest(typed: Typed) -> None:
    """Exit code 2; without a name all of them are listed."""
    done = typed("schema", "sumary")
    assert done.code == 2
    assert "importer schema summary" in done.err
    assert [line.split()[0] for line in typed("schema").out.splitlines()] == list(SCHEMAS)


@pytest.mark.parametrize(("words", "wanted"), [("importer res", "resume"), ("importer run --sandb", "--sandbox")])
def test_bash_completes_commands_and_options(tmp_path: Path, typed: Typed, words: str, wanted: str) -> None:
    """The script that is printed, in a bash of its own."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not on this machine")
    command = tmp_path / "importer"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m importer "$@"\n', "utf-8")
    command.chmod(0o755)
    script = typed("completion", "bash").out
    place = len(words.split()) - 1
    ask = f'COMP_WORDS=({words}); COMP_CWORD={place}; _importer_completion importer; echo "${{COMPREPLY[@]}}"'
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    asked = [bash, "-c", f"{script}\n{ask}"]
    done = subprocess.run(asked, env={"PATH": path}, capture_output=True, text=True, check=False)
    assert done.stdout.split() == [wanted], done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_script_says_where_it_goes(typed: Typed, shell: str) -> None:
    """In a comment; that of zsh begins with what zsh looks for."""
    out = typed("completion", shell).out
    assert f"# importer completion {shell} > ~/" in out
    assert out.startswith("#compdef importer\n" if shell == "zsh" else "# ")


def test_each_line_of_decisions_is_of_its_schema(tmp_path: Path) -> None:
    """Every act, and its inverse, as it is written."""
    place = ("a.csv", None, 2)
    decisions = Decisions(tmp_path)
    decisions.append("anna", [
        Change(place, "set", "+12025550101", "Phone", "call office"), Change(place, "drop", "drop"),
        Change(place, "drop", ""), Change(place, "send-as-is", "send-as-is"), Change(place, "note", "asked"),
        Change(place, "look", "same", "one-person-two-numbers"), Change(None, "approve", "ab12"),
        Change(place, "done", "20260301-090000-1"),
    ])  # fmt: skip
    decisions.undo("bo", 1)
    lines = (tmp_path / "review.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["act"] for line in lines} == set(schema_of("review")["properties"]["act"]["enum"])
    check = Draft202012Validator(schema_of("review"), format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [error.message for line in lines for error in check.iter_errors(json.loads(line))] == []
    assert not check.is_valid({"seq": 1, "act": "delete"})
