"""Pages of an account's list, as a reading gets them."""

from collections.abc import Sequence

from importer.delivery.readback import Findings, Search, read_back
from importer.targets import Found, Page, answers

NOW = 1_770_638_400.0


def phones(count: int) -> list[str]:
    return [f"+1415555{n:04}" for n in range(count)]


def pages(count: int, size: int, total: int | None = None) -> list[Page]:
    found = [Found(f"c{n}", phone, NOW) for n, phone in enumerate(phones(count))]
    return [Page(tuple(found[at : at + size]), total) for at in range(0, count, size)] + [Page((), total)]


def fetcher(*runs: Sequence[Page | None]) -> "Fetch":
    return Fetch([list(run) for run in runs])


class Fetch:
    """Serves each pass over the account from its own list of pages."""

    def __init__(self, runs: list[list[Page | None]]) -> None:
        self.runs, self.asked = runs, 0

    def __call__(self, number: int) -> Page | None:
        self.asked += 1
        if number == 1 and self.asked > 1:
            self.runs.pop(0)
        return self.runs[0][number - 1]


NOBODY = "+19995550100"
ABSENT = {NOBODY}


def look(fetch: "Fetch", wanted: set[str], controls: set[str], budget: int, since: float | None = None) -> Findings:
    return read_back(fetch, Search(wanted, controls, budget, since=since))


class AnswersOnly:
    """A target that only reads answers."""

    read_reply = staticmethod(answers.read_reply)
    read_refusal = staticmethod(answers.read_refusal)
