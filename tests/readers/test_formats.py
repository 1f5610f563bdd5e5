"""Files of every kind are read by what is in them, or told for what they are."""

import gzip
import json
import struct
import sys
import zipfile
from pathlib import Path

import polars as pl
import pytest

from tests.support.reading import PEOPLE, read
from tests.support.workbooks import save

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


@pytest.fixture(scope="module")
def of_each_kind(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The people in files of each kind, by name."""
    names, rows = PEOPLE[0], PEOPLE[1:]
    folder = tmp_path_factory.mktemp("kinds")
    save(folder / "list.xlsx", PEOPLE)
    pl.DataFrame(rows, names, orient="row").write_parquet(folder / "list.parquet")
    fields = b"".join(struct.pack("<11sc4xBB14x", name.encode(), b"C", 16, 0) for name in names)
    head = struct.pack("<4BIHH17xBxx", 3, 124, 1, 1, 2, 32 * 3 + 1, 33, 3) + fields + b"\r"
    records = [dict(zip(names, row, strict=True)) for row in rows]
    texts = {
        "list.json": json.dumps(records),
        "list.jsonl": "\n".join(map(json.dumps, records)),
        "list.vcf": "".join(f"BEGIN:VCARD\nFN:{name}\nTEL:{phone}\nEND:VCARD\n" for name, phone in rows),
        "list.ldif": "\n".join(f"dn: cn={name}\ncn: {name}\nmobile: {phone}\n" for name, phone in rows),
        "list.xml": f"<l>{''.join(f'<p><n>{name}</n><t>{phone}</t></p>' for name, phone in rows)}</l>",
        "list.xls": f"<table>{''.join(f'<tr><td>{name}</td><td>{phone}</td></tr>' for name, phone in PEOPLE)}</table>",
        "list": "\n".join(map(",".join, PEOPLE)),
    }
    return {name: text.encode() for name, text in texts.items()} | {
        "list.dbf": head + b"".join(b" " + "".join(cell.ljust(16) for cell in row).encode() for row in rows),
        **{name: (folder / name).read_bytes() for name in ("list.xlsx", "list.parquet")},
    }


@pytest.mark.parametrize("packing", ["gz", "zst", "zip"])
@pytest.mark.parametrize(
    ("name", "form"),
    [("list.json", "json"), ("list.jsonl", "ndjson"), ("list.vcf", "vcard"), ("list.ldif", "ldif"), ("list.xml", "xml"),
     ("list.dbf", "dbf"), ("list.xlsx", "xlsx"), ("list.parquet", "parquet"), ("list.xls", "html"), ("list", "csv")],
)  # fmt: skip
def test_what_is_packed_is_read_as_what_it_is(
    tmp_path: Path, of_each_kind: dict[str, bytes], name: str, form: str, packing: str
) -> None:
    """By what is in it, also where nothing in its name tells."""
    path = tmp_path / f"{name}.{packing}"
    content = of_each_kind[name]
    if packing == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"out/{name}", content)
    else:
        path.write_bytes(gzip.compress(content) if packing == "gz" else zstd.compress(content))
    found, cells, notes = read(path)
    assert (found, [list(row.values()) for row in cells]) == (form, PEOPLE[1:])
    assert [note for note in notes if "unpacked" in note] == [
        f"The file was unpacked ({ {'gz': 'gzip', 'zst': 'zstd'}.get(packing, packing) })."
    ]
