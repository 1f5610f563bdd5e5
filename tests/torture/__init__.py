"""Promises under kills, faults and mutants, long: ``make torture`` plays all of them."""
