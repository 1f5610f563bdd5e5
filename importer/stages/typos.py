"""Typos: words that differ by one slip of the finger."""


def is_one_typo_apart(a: str, b: str) -> bool:
    """Return True if only a letter more, less or other, or two that changed places, differ (distance 1 or 0)."""
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    if len(long) - len(short) > 1:
        return False
    start = 0
    while start < len(short) and short[start] == long[start]:
        start += 1
    rest, other = short[start:], long[start:]
    if len(rest) < len(other):
        return rest == other[1:]
    return rest[1:] == other[1:] or (rest[:2] == other[1::-1] and rest[2:] == other[2:])
