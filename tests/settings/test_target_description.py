"""Descriptions of another API: read, or refused in words that name the line."""

import random
from pathlib import Path

import pytest

from importer.errors import UsageError
from importer.settings.target_description import read_description
from tests.support.described import DESCRIPTION
from tests.support.mutated import mutated


def test_no_damaged_description_breaks_anything(tmp_path: Path) -> None:
    """Of 500 damaged descriptions each is read or refused in words."""
    chance = random.Random(5)  # noqa: S311 - repeatable damage, no secret
    path = tmp_path / "my-api.toml"
    refused = 0
    for _ in range(500):
        path.write_text(mutated(DESCRIPTION, chance), "utf-8")
        try:
            read_description(path)
        except UsageError:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize(
    ("line", "wrong", "says"),
    [
        ("[paths]", "[paths]\nbulkk = '/x'", "there is no paths.bulkk; [paths] knows bulk, list, create, one"),
        ("[fields]", "[feelds]", "fields is missing"),
        ('name = "', 'name = 7\nnom = "', "name"),
    ],
)
def test_a_flaw_is_told_with_its_line_and_what_there_is(tmp_path: Path, line: str, wrong: str, says: str) -> None:
    """A key that does not exist, a section that is missing, a value of another kind."""
    file = tmp_path / "api.toml"
    assert line in DESCRIPTION
    file.write_text(DESCRIPTION.replace(line, wrong, 1), "utf-8")
    with pytest.raises(UsageError) as refused:
        read_description(file)
    assert says in str(refused.value)
    assert str(file) in str(refused.value)


def test_what_it_says_of_limits_is_what_a_run_keeps_unless_told_otherwise(tmp_path: Path) -> None:
    """A window of another length is reckoned to the hour; one request at least."""
    file = tmp_path / "api.toml"
    file.write_text(DESCRIPTION, "utf-8")
    description = read_description(file)
    assert description.defaults()["batch_size"] == description.limits.contacts_per_batch
    for requests, window_s, per_hour in ((10, 60, 600), (1, 86_400, 1)):
        limits = description.limits.model_copy(update={"requests": requests, "window_s": window_s})
        told = description.model_copy(update={"limits": limits})
        assert told.defaults()["requests_per_hour"] == per_hour
    names = description.fields.sent()
    assert names["phone"] == description.fields.phone
    assert not {"id", "created_at", "updated_at"} & names.keys()
