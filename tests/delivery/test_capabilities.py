"""What a write check proved of an account."""

from pathlib import Path

from importer.delivery import Ledger
from importer.delivery.ledger.capabilities import Capability, capabilities, remember


def test_what_was_proven_last_is_known_with_its_date(path: Path) -> None:
    """Of one account and not of another; what a later check did not look at stays known."""
    with Ledger.open(path) as ledger:
        one, other = (ledger.account(f"https://{name}.example.com", "fp") for name in "ab")
        remember(ledger, one, {"duplicates": "second", "metadata": "kept"}, 10.0)
        remember(ledger, one, {"duplicates": "skip"}, 20.0)
        assert capabilities(ledger, one) == {
            "duplicates": Capability("skip", 20.0),
            "metadata": Capability("kept", 10.0),
        }
        assert capabilities(ledger, other) == {}
        assert (ledger.known_of(one).skips_repeats, ledger.known_of(other).skips_repeats) == (True, False)
