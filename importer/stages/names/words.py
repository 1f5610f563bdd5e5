"""The words of ``words.toml``: what stands in full names beside first and last name."""

import tomllib
from importlib import resources

_TABLES: dict[str, dict[str, str]] = tomllib.loads(
    resources.files(__package__).joinpath("words.toml").read_text("utf-8")
)


def _words(section: str, name: str) -> frozenset[str]:
    return frozenset(_TABLES[section][name].split())


PLAIN_TITLES = _words("titles", "plain")
TITLES = PLAIN_TITLES | _words("titles", "with_full_stop")
BEFORE_TWO = _words("titles", "before_two")
AFTER_TITLE = _words("titles", "after_title")
PLAIN_DEGREES = _words("degrees", "plain")
DEGREES = PLAIN_DEGREES | _words("degrees", "after_comma")
JOBS, BEHIND = _words("jobs", "words"), _words("jobs", "behind")
REMARKS_BEHIND, LABELS = _words("remarks", "behind"), _words("remarks", "labels")
MAIDEN = _words("maiden", "words")
GENERATIONS = _words("generations", "words")
GENERATIONS_AFTER_COMMA = GENERATIONS | _words("generations", "after_comma")
OPENINGS = _words("family", "openings")
COMMON_FAMILIES = _words("family", "common")
SPANISH_FAMILIES = _words("family", "spanish")
SHORT_FAMILIES = _words("family", "short")
AFTER_O = _words("family", "after_o")
FRENCH_MEN = _words("french", "men")
