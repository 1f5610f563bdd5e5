"""Delivery: sends batches to the API, each exactly once as far as anybody can know, and records how each ended."""

from importer.delivery.channel import DeliveryEnd
from importer.delivery.engine import Delivery
from importer.delivery.ledger.ledger import Ledger

__all__ = ["Delivery", "DeliveryEnd", "Ledger"]
