"""Delivery: sends batches to the API, each exactly once as far as anybody can know, and records how each ended.

The names below load on first use: a dry run opens the ledger and sends nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importer.delivery.channel import DeliveryEnd
    from importer.delivery.engine import Delivery
    from importer.delivery.ledger.ledger import Ledger

__all__ = ["Delivery", "DeliveryEnd", "Ledger"]

_HOME = {"Delivery": "engine", "DeliveryEnd": "channel", "Ledger": "ledger.ledger"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - nothing is imported before it is asked for

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
