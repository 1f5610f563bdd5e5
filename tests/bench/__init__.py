"""Time, memory and correctness beside the script people write today: ``make bench``."""
