"""``job.toml`` is read whole or refused with the nearest right key; its schema is made of the models that read it."""

from pathlib import Path

import pytest

from importer.errors import UsageError
from importer.settings.job_reading import job_schema, read_job
from importer.settings.settings import load_settings

GOOD = """name = "nightly"
region = "US"
[source]
inbox = "inbox"
[gates]
min_rows = 1
[suppress]
files = ["no.csv"]
max_age_days = 31
"""


def test_paths_are_found_from_the_job_s_folder(tmp_path: Path) -> None:
    """Whoever starts it, from anywhere; as a profile, the same settings hold."""
    path = tmp_path / "job.toml"
    path.write_text(GOOD, "utf-8")
    job = read_job(path, {"region": "GB"})
    assert (job.inbox, job.settings.runs, job.home) == (
        tmp_path / "inbox",
        tmp_path / "runs",
        tmp_path / "runs/jobs/nightly",
    )
    assert (job.settings.region, job.settings.suppress, job.settings.gates.min_rows) == (
        "GB",
        (tmp_path / "no.csv",),
        1,
    )
    profile = load_settings({}, path)
    assert (profile.job, profile.suppress_max_age_days, profile.suppress) == ("nightly", 31, (tmp_path / "no.csv",))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("regin = 'US'\n" + GOOD, "regin is no key; did you mean region?"),
        (GOOD.replace("min_rows", "min_row"), "[gates] min_row is no key; did you mean min_rows?"),
        (GOOD.replace("inbox =", "inbx ="), "[source] inbx is no key; did you mean inbox?"),
        (GOOD.replace("min_rows = 1", "max_error_rate = 2"), "gates.max_error_rate"),
        (GOOD + "[notify]\nwebhook = 'https://ops.example.com/'\n", "webhook and secret_file together"),
        (GOOD.replace("nightly", "../nightly"), "name"),
        ("base_url = 'https://x.example'\n" + GOOD, "not for a file that may come with the lists"),
        (GOOD + "files = [", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_told_by_its_key(tmp_path: Path, wrong: str, told: str) -> None:
    """Each in words, exit code 2."""
    path = tmp_path / "job.toml"
    path.write_text(wrong, "utf-8")
    with pytest.raises(UsageError) as refused:
        read_job(path, {})
    assert told in str(refused.value)


def test_the_schema_knows_every_key_and_no_other() -> None:
    """Editors complete by it."""
    schema = job_schema()
    assert {"name", "source", "gates", "suppress", "notify", "region", "map", "keep"} <= schema["properties"].keys()
    assert (
        schema["properties"].keys().isdisjoint({"base_url", "target", "ca_file", "private_network", "dry_run", "job"})
    )
    assert (schema["additionalProperties"], schema["required"]) == (False, ["name", "source"])
    assert set(schema["$defs"]) == {"Gates", "JobSource", "JobSuppress", "JobNotify", "JobMetrics"}
