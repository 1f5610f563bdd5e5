"""A run that is being worked on."""

from dataclasses import dataclass, field

from pydantic import SecretStr

from importer.account.whose import Whose
from importer.models.watching import Stop, Watch
from importer.settings.settings import Settings
from importer.stages.suppress import Suppressed
from importer.storage.run_folder import Record, RunFolder


@dataclass(frozen=True, slots=True)
class Work:
    """A run being worked on: what every step of it needs. Made when the run begins or is resumed.

    Attributes:
        began: when, by ``perf_counter``.
        whose: settles whose account a new key leads to.
        is_forced: the user passed ``--repost-anyway``.
        suppressed: the numbers that the run's suppression lists hold or ever held.
    """

    folder: RunFolder
    record: Record
    settings: Settings
    key: SecretStr | None
    watch: Watch
    stop: Stop
    began: float
    whose: Whose
    is_forced: bool = False
    suppressed: Suppressed = field(default_factory=Suppressed)
