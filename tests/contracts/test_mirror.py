"""``tests/`` lies as ``importer/`` does: whoever opens a module finds its tests by its name."""

from pathlib import Path

import pytest

import importer

PACKAGE = Path(importer.__file__).parent
TESTS = Path(__file__).parents[1]
LONG = 100
"""Lines from which on a module has a test file of its own, or shares that of its folder."""

ELSEWHERE = {
    "cli/forget.py": "pipeline/test_forget.py",  # typed there, with what becomes of every file
    "cli/job_check.py": "cli/test_job.py",  # the commands of a job are typed there
    "cli/job_init.py": "cli/test_job.py",  # the commands of a job are typed there
    "cli/job_status.py": "cli/test_job.py",
    "cli/options.py": "settings/test_wishes.py",  # each option is a setting, with its words
    "desk/findings.py": "desk/test_looking.py",  # what is worth a look, as the screen shows it
    "desk/overview.py": "desk/test_application.py",  # the desk's first page, over HTTP
    "desk/reviewing.py": "desk/test_fixing.py",  # each action over HTTP, as a browser makes it
    "desk/view.py": "desk/test_application.py",  # masked and whole, every screen is searched for people
    "jobs/filing.py": "jobs/test_step.py",
    "jobs/inbox.py": "jobs/test_step.py",
    "models/decisions.py": "storage/test_decisions.py",  # folded as they are read back from their file
    "pipeline/beginning.py": "whole",  # every run begins there
    "pipeline/prepare.py": "pipeline/test_send.py",  # the first half of a run, beside the second
    "pipeline/rebuild.py": "account/test_standing.py",  # ledgers are lost there in every way, and rebuilt
    "pipeline/run.py": "whole",  # the whole run on one page is what the whole suite plays
    "pipeline/sending.py": "whole",  # and this is the other half of it
    "settings/job.py": "settings/test_job_reading.py",  # read from a job's file
    "storage/job_memory.py": "jobs/test_step.py",  # what a job remembers from step to step
    "storage/prepared.py": "pipeline/test_send.py",  # the hand-over between prepare and send
    "system/process_tree.py": "system/test_bounds.py",  # what it counts is bounded there
    "targets/target.py": "contracts/test_targets.py",  # the protocol: each target is held to it
}
"""Longer modules without one, and where they are tested instead; each is a reason to think twice."""

OF_A_ROOM = {
    "desk/test_browser.py",  # the desk's pages, in a real browser
}
"""Test files that are of a whole room, with no module to be named after."""

ROOMS = sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists())


def names_in(room: Path) -> dict[str, list[Path]]:
    """The names that a test file of a room may have, and the modules that each stands for.

    They are those of its modules and of its folders; of a module in a folder also the two together.
    """
    names: dict[str, list[Path]] = {}
    for module in sorted(room.rglob("*.py")):
        folders = module.relative_to(room).parent.parts
        own = [] if module.stem.startswith("__") else [module.stem, *(f"{folder}_{module.stem}" for folder in folders)]
        for name in {*own, *folders}:
            names.setdefault(name, []).append(module)
    return names


def name_of(test: Path, names: dict[str, list[Path]]) -> str | None:
    """The longest name that a test file's own begins with; None if it has none: an aspect may stand behind it."""
    own = test.stem.removeprefix("test_")
    return max((name for name in names if own == name or own.startswith(f"{name}_")), key=len, default=None)


def untested(room: str) -> list[str]:
    """The long modules of a room that no test file is named after."""
    names = names_in(PACKAGE / room)
    found = [name_of(test, names) for test in (TESTS / room).glob("test_*.py")]
    tested = {module for name in found if name is not None for module in names[name]}
    modules = {module for modules in names.values() for module in modules} - tested
    return sorted(
        str(module.relative_to(PACKAGE)) for module in modules if len(module.read_text("utf-8").splitlines()) >= LONG
    )


@pytest.mark.parametrize("room", ROOMS)
def test_every_test_file_of_a_room_is_named_after_what_it_tests(room: str) -> None:
    """A module of the room or a folder in it, and behind that an aspect where there is more than one file."""
    names = names_in(PACKAGE / room)
    nameless = {f"{room}/{test.name}" for test in (TESTS / room).glob("test_*.py") if name_of(test, names) is None}
    assert nameless - OF_A_ROOM == set(), "name it after what it tests, or move it to tests/whole/"


@pytest.mark.parametrize("room", ROOMS)
def test_every_long_module_has_its_test_file(room: str) -> None:
    """Or stands in the list above, which holds no module that has one, or is gone or short by now."""
    known = sorted(path for path in ELSEWHERE if path.startswith(f"{room}/"))
    assert untested(room) == known, f"write tests/{room}/test_<module>.py, or say above where it is tested"


@pytest.mark.parametrize("path", sorted([*ELSEWHERE.values(), *OF_A_ROOM]))
def test_what_the_lists_name_is_there(path: str) -> None:
    """A list of what is gone would excuse anything."""
    assert (TESTS / path).exists()


def test_a_test_file_is_of_the_longest_name_that_it_begins_with() -> None:
    """``test_header_lines`` is of ``header_lines`` and not of ``header``; a file of no module is none's."""
    names = names_in(PACKAGE / "readers")
    assert name_of(Path("test_header_lines.py"), names) == "header_lines"
    assert name_of(Path("test_workbooks_merged.py"), names) == "workbooks"
    assert name_of(Path("test_everything.py"), names) is None
