"""People's data, masked: enough to recognise a row that one knows, too little to learn who it is."""

import re

_SHOWN_OF_NANP = 5  # "+1" and the area code


def masked_name(*names: str | None) -> str:
    """Return the initials of names, such as ``R. H.``; empty if there are none."""
    words = " ".join(name for name in names if name).split()
    return " ".join(f"{word[0].upper()}." for word in words)


def masked_phone(phone: str | None) -> str:
    """Return a number in E.164 without its middle, such as ``+1 512 •••• 43``; empty if there is none."""
    if not phone:
        return ""
    start = f"+1 {phone[2:_SHOWN_OF_NANP]}" if phone.startswith("+1") else phone[:3]
    return f"{start} •••• {phone[-2:]}"


def masked_email(email: str | None) -> str:
    """Return an address such as ``a…@e….com``; empty if there is none."""
    if not email:
        return ""
    mailbox, _, domain = email.rpartition("@")
    end = domain.rpartition(".")[2] if "." in domain else ""
    return f"{mailbox[:1]}…@{domain[:1]}…{'.' + end if end.isalpha() else ''}"


def masked_cell(cell: str | None) -> str:
    """Return a cell's shape, each letter as ``a`` and each digit as 9; empty if it is."""
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", cell or ""))
