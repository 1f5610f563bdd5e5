"""``inspect``: what a list is and what an import would make of it; nothing is sent."""
