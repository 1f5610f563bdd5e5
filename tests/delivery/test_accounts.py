"""Accounts by the addresses and keys that lead to them."""

import pytest

from importer.delivery.ledger.accounts import address_of


@pytest.mark.parametrize(
    ("spelled", "address"),
    [
        ("https://app.voxpria.com", "app.voxpria.com"),
        ("HTTPS://App.VoxPria.com:443//", "app.voxpria.com"),
        ("https://app.voxpria.com./", "app.voxpria.com"),
        ("https://api.example.com:8443/v2/", "api.example.com:8443/v2"),
        ("http://127.0.0.1:8787", "localhost:8787"),
        ("http://LOCALHOST:8787/", "localhost:8787"),
        ("http://[::1]:8787", "localhost:8787"),
        ("https://[2001:DB8:0::1]/", "[2001:db8::1]"),
        ("https://bücher.example", "xn--bcher-kva.example"),
        ("sandbox:20261129-101500-000", "sandbox:20261129-101500-000"),
    ],
)
def test_an_address_has_one_normal_form(spelled: str, address: str) -> None:
    """However it is written, one service has one address."""
    assert address_of(spelled) == address
