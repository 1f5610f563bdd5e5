"""Delivery: batches to the API, each exactly once as far as anybody can know, and an account of what became of them."""

from importer.delivery.channel import DeliveryEnd
from importer.delivery.engine import Delivery
from importer.delivery.ledger.ledger import Ledger

__all__ = ["Delivery", "DeliveryEnd", "Ledger"]
