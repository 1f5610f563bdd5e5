"""The worker processes: ``python -m importer.pipeline.engines.worker LINE:TO:FROM …``, descriptors of each worker.

The process loads what staging needs, forks a worker for each argument, and ends them when its standard input closes.
A worker gets its orders by ``LINE``, plan and rows in the shared file ``TO``, and puts staged rows into ``FROM``. Of a
range it reads the rows by itself, from the file that the process inherited.
"""

import gc
import pickle
import socket
import sys
from contextlib import suppress
from typing import cast

from importer.pipeline.engines.ranges import Range, stage_range
from importer.pipeline.engines.row_stages import Rows, RowStages
from importer.pipeline.engines.shared import KNOWN, PLACED, Line, Planned, SharedFile, packed, unpacked
from importer.system import children


def main() -> None:
    """Fork the workers, and wait until nobody needs them any more."""
    gc.set_threshold(100_000, 50, 100)  # imports and long lists make many objects at once, and hardly a cycle
    gc.freeze()  # what is loaded stays as it is, and in memory that the workers share
    children.fork_each([[int(number) for number in worker.split(":")] for worker in sys.argv[1:]], _work)


def _work(line: int, to: int, from_: int) -> None:
    """Stage rows until the line is closed."""
    with suppress(EOFError, OSError):  # whoever wanted the rows is gone
        _serve(Line(socket.socket(fileno=line)), SharedFile(to), SharedFile(from_))


def _serve(line: Line, to: SharedFile, from_: SharedFile) -> None:
    line.receive()
    plan, ranges = cast("Planned", pickle.loads(to.read_bytes()))  # noqa: S301 - of the process that started this one

    def spent(stage: str, seconds: float) -> None:
        line.send("spent", stage, seconds)

    stages = RowStages(plan, spent)
    line.send("ready")
    told: tuple[object, ...]
    while True:
        kind, *order = line.receive()
        try:
            if kind == "range":
                table, begin, end, carried = order
                done = stage_range(Range(table, begin, end, unpacked(carried)), ranges, stages, spent)
                frame, told = done.staged.whole.drop(PLACED), (done.lines, packed(done.carried))
            else:
                staged = stages(Rows(order[0], 0, to.read_frame()))
                made = staged.frame.drop(KNOWN)
                frame, told = made.hstack(staged.raw) if plan.job.correct else made, ()
            from_.write_frame(frame)
        except OSError:
            raise
        except Exception:  # noqa: BLE001 - whoever asked does it again without a worker, and meets the same error
            line.send("failed")
        else:
            line.send("staged", *told)


if __name__ == "__main__":
    main()
