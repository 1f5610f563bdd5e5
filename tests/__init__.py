"""Facts about the importer, each in one sentence."""
