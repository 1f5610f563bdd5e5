"""The stages between reading and sending: frame in, frame out, and no line is ever removed or reordered."""
