"""A run with something of every kind that is worth a look, for the tests of the desk."""

from pathlib import Path

import polars as pl

from importer.models.findings import Finding
from importer.models.outcomes import Reason
from importer.pipeline.review.review import FINDINGS_SCHEMA
from tests.support.reports_run import recorded, row, source, summary_of, write_rows

_COLUMNS = ("Name", "Phone")
_PHONE = "+1202555{:04}"
_PAIRS = [
    (Finding.TWO_NUMBERS, 3, 2, "same name; same e-mail"),
    (Finding.TWO_NUMBERS, 5, 4, "same name; same e-mail"),
    (Finding.TWO_NUMBERS, 7, 6, "same name; same Street"),
    (Finding.TWO_PEOPLE, 9, 8, "same number; another name"),
]


def doubtful_run(folder: Path, first_name: str = "Xochi") -> Path:
    """Three pairs of one kind, one of another, two mistyped addresses and two doubtful numbers; eight in all."""
    folder.mkdir(parents=True, exist_ok=True)
    person = {"first_name": first_name, "last_name": "Tepetl", "email": "xochi@gmial.com"}
    rows = [
        row(Reason.CONFIRMED, "a.csv", n, {"Name": "XOCHI TEPETL", "Phone": f"0012 202-555-{n:04}"}, **person,
            phone=_PHONE.format(n), changes="phone:review-country; name:recased" if n > 10 else "phone:e164")
        for n in range(2, 13)
    ]  # fmt: skip
    write_rows(folder, rows, _COLUMNS)
    found = [
        {"finding": finding.value, "why": why, "source": "a.csv", "row": own, "phone": _PHONE.format(own), **person,
         "other_source": "a.csv", "other_row": other, "other_phone": _PHONE.format(other),
         "other_first_name": "Xochitl", "other_last_name": "Tepetl", "other_email": person["email"]}
        for finding, own, other, why in _PAIRS
    ]  # fmt: skip
    found += [
        {"finding": Finding.EMAIL.value, "why": "perhaps xochi@gmail.com", "source": "a.csv", "row": n,
         "phone": _PHONE.format(n), **person, "other_email": "xochi@gmail.com"}
        for n in (2, 3)
    ]  # fmt: skip
    pl.DataFrame(found, schema=FINDINGS_SCHEMA).write_parquet(folder / "review.parquet")
    counts = {Finding.TWO_PEOPLE.value: 1, Finding.TWO_NUMBERS.value: 3, Finding.EMAIL.value: 2}
    changes = {"phone:review-country": 2, "phone:e164": 9}
    mapping = {"phone": ["Phone"], "full_name": ["Name"]}
    summary = summary_of(rows, [source("a.csv", _COLUMNS, "Phone", mapping=mapping)], review=counts, changes=changes)
    recorded(folder, summary.model_copy(update={"run_id": folder.name}))
    return folder
