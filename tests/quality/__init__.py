"""Tables that show how well the product understands what it reads, beside what other programs make of the same."""
