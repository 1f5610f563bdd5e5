"""The script people write today around the vendor page's own Python sample: ``python vendor_script.py FILE URL``.

It is what ``make bench`` compares with: one loop over the rows of a CSV file, ``phonenumbers`` for each, and a request
for every 10,000 contacts.
"""

import csv
import os
import sys
from typing import Any

import phonenumbers
import requests

BATCH_SIZE = 10_000


def bulk_import_contacts(base_url: str, contacts: list[dict[str, Any]]) -> dict[str, Any]:
    """One bulk request; its answer."""
    response = requests.post(
        f"{base_url}/api/v1/contacts/bulk",
        json={"contacts": contacts},
        headers={"Authorization": f"Bearer {os.getenv('VOXPRIA_API_KEY')}"},
        timeout=120,
    )
    response.raise_for_status()
    answer: dict[str, Any] = response.json()
    return answer


def to_e164(phone: str, country: str) -> str | None:
    """The number in the form that the API wants, or None."""
    try:
        number = phonenumbers.parse(phone, country or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def main(path: str, base_url: str) -> None:
    """Import a file and print the counts."""
    seen: set[str] = set()
    contacts: list[dict[str, Any]] = []
    imported = skipped = 0

    def send() -> None:
        nonlocal imported
        imported += bulk_import_contacts(base_url, contacts)["data"]["imported"]
        contacts.clear()

    with open(path, encoding="utf-8", newline="") as file:  # noqa: PTH123 - as such scripts are written
        for row in csv.DictReader(file):
            phone = to_e164(row["Phone"] or "", row["Country"] or "")
            if phone is None or phone in seen:
                skipped += 1
                continue
            seen.add(phone)
            contacts.append(
                {
                    "phone": phone,
                    "firstName": row["First Name"].strip(),
                    "lastName": (row.get("Last Name") or "").strip(),
                    "email": (row.get("E-mail") or "").strip(),
                    "metadata": {
                        "city": row.get("City"),
                        "customerNo": row.get("Customer No"),
                        "note": row.get("Note"),
                    },
                }
            )
            if len(contacts) == BATCH_SIZE:
                send()
    if contacts:
        send()
    print(f"Imported: {imported}, skipped: {skipped}")


if __name__ == "__main__":
    main(*sys.argv[1:])
