"""What an API's answers are read as, and what is not read at all."""

import pytest

from importer.targets import answers


@pytest.mark.parametrize("body", [b'{"a": NaN}', b"Infinity", b"[-Infinity]", b'{"a": 1, "a": 1}', b"[" * 100_000])
def test_what_json_does_not_allow_is_not_parsed(body: bytes) -> None:
    """Python would take it."""
    with pytest.raises(ValueError, match=r"not JSON|twice|deeply"):
        answers.parse(body)
