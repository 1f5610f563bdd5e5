"""The schemas are of what is written, and the shells complete what the command line has."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import importer
from importer.cli.schema import SCHEMAS, schema_of
from tests.conftest import Typed


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
