"""The values that all rooms share: outcomes, findings, frames, mappings, sources and the watch. One subject a file."""
