"""What a fault of the wire proves, and that nothing is lost or doubled by it."""

import pytest

from tests.torture.wire_faults import FAULTS, RULES, SHARES, Fault, run


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_fault_of_the_wire_proves_what_its_evidence_allows(fault: Fault, share: float, rule: str) -> None:
    """Once each; often: ``python -m tests.torture.wire_faults 50``."""
    assert not run(fault, share, rule)
