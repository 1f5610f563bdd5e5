"""Jobs: files that come while nobody looks, each imported once, filed with its report, and told."""
