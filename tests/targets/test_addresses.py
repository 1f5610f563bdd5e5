"""Addresses that a key may be sent to, and those that it may not."""

import pytest

from importer.errors import UsageError
from importer.targets import checked_base_url


@pytest.mark.parametrize(
    "url",
    [
        "http://app.voxpria.com", "ftp://app.voxpria.com", "app.voxpria.com", "https://", "https://u:p@app.voxpria.com",
        "https://app.voxpria.com#x", "https://app.voxpria.com?x=1", "https://169.254.169.254", "https://10.0.0.1",
        "https://[::ffff:10.0.0.1]", "https://2130706433", "https://0x7f000001", "http://127.0.0.1.example.com",
        "https://app.voxpria.com:99999", "https://app voxpria.com", "https://app.voxpria.com\n", "https://a\\b", "",
        "http://localhost.example.com", "https://192.168.1.1/api",
    ],
)  # fmt: skip
def test_the_key_goes_to_no_doubtful_address(url: str) -> None:
    """Clear text, credentials, fragments and private addresses are refused without repeating the address."""
    with pytest.raises(UsageError) as refused:
        checked_base_url(url)
    assert "u:p" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["https://app.voxpria.com", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1"]
)
def test_public_https_and_this_machine_are_addresses(url: str) -> None:
    """A slash at the end makes no difference."""
    assert checked_base_url(url + "/") == url
