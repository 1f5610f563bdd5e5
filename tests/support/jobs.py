"""A job in a folder of its own, started in this process or another."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from importer.jobs.results import StepResult
from importer.jobs.start import start
from importer.models.watching import Silence, Stop
from importer.settings.job_reading import Job, read_job
from tests.conftest import KEY

HEADER = "Name,Phone"


def people(count: int, first: int = 0) -> str:
    """A list of so many fictional people; ``first`` tells apart those of different lists."""
    lines = [f"Person {first + n},+1{2025550000 + first + n}" for n in range(count)]
    return "\n".join([HEADER, *lines, ""])


@dataclass
class JobHouse:
    """A folder with a job, its inbox, and the API that it sends to."""

    folder: Path
    url: str
    source: str = "[source]\ninbox = 'inbox'\nsettle_s = 0\n"

    def write(self, **tables: str) -> Path:
        """Write the job; each table as TOML text."""
        (self.folder / "inbox").mkdir(exist_ok=True)
        text = 'name = "nightly"\nregion = "US"\n' + tables.pop("top", "") + tables.pop("source", self.source)
        text += "".join(f"[{name}]\n{content}\n" for name, content in tables.items())
        path = self.folder / "job.toml"
        path.write_text(text, "utf-8")
        return path

    def drop(self, name: str, text: str) -> Path:
        """Put a file into the inbox."""
        path = self.folder / "inbox" / name
        path.write_text(text, "utf-8")
        return path

    def job(self, **flags: Any) -> Job:
        """The job as it is read."""
        return read_job(self.folder / "job.toml", {"base_url": self.url, **flags})

    def start(self, stop: Stop | None = None, **flags: Any) -> StepResult:
        """Start the job once."""
        return start(self.job(**flags), SecretStr(KEY), Silence(), stop or Stop())

    def names(self, state: str) -> list[str]:
        """The files of one of the inbox's folders."""
        folder = self.folder / "inbox" / state
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
