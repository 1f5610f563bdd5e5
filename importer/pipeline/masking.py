"""The shape of a value without the value: what may be shown on the terminal of the list's owner."""

from collections.abc import Iterable

_LONGEST = 40


def masked(value: str) -> str:
    """Return a value with all but its first two letters and digits as ``•``; other characters stay. At most 40."""
    seen = 0
    shape = []
    for character in value[:_LONGEST]:
        seen += character.isalnum()
        shape.append("•" if character.isalnum() and seen > 2 else character)
    return "".join(shape)


def examples(values: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """Return the masked values, each once, up to ``most`` of them."""
    shapes: dict[str, None] = {}
    for value in values:
        shapes[masked(value)] = None
        if len(shapes) == most:
            break
    return tuple(shapes)
