"""The words of the product, a subject a file."""
