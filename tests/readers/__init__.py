"""What ``importer.readers`` holds to."""
