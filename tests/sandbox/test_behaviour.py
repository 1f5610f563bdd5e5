"""Behaviours of the sandbox, as options, scenarios and presets say them."""

from dataclasses import replace

import pytest

from importer.errors import UsageError
from importer.sandbox import PRESETS, Behaviour
from importer.sandbox.behaviour import Fault


def test_behaviour_is_read_from_presets_scenarios_and_options() -> None:
    """Options go over the scenario, the scenario over the preset."""
    toml = 'preset = "strict"\npage_cap = 7\nlatency_s = 0.5\n[faults]\n3 = "500"\n"5-" = "401"\n'
    behaviour = Behaviour.parse(["page-cap=9", "on_duplicate=second"], scenario=toml)
    assert behaviour == replace(
        PRESETS["strict"],
        page_cap=9,
        latency_s=0.5,
        on_duplicate="second",
        faults=(Fault(3, 3, "500"), Fault(5, None, "401")),
    )
    assert [behaviour.fault_at(number) for number in (1, 3, 4, 5, 999)] == [None, "500", None, "401", "401"]


@pytest.mark.parametrize("preset", PRESETS)
def test_behaviour_survives_the_way_to_the_child(preset: str) -> None:
    """What is written for the child is read as the same behaviour."""
    assert Behaviour.parse(scenario=PRESETS[preset].to_json()) == PRESETS[preset]


@pytest.mark.parametrize(
    "option",
    [
        "page_cap",
        "page_cap=0",
        "page_cap=x",
        "latency_s=nan",
        "colour=red",
        "on_duplicate=maybe",
        "preset=nice",
        "faults=0:500",
        "faults=3:999",
    ],
)
def test_a_wrong_option_is_a_usage_error(option: str) -> None:
    """A switch or value that does not exist is named, not ignored."""
    with pytest.raises(UsageError):
        Behaviour.parse([option])
