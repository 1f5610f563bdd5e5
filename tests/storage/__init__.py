"""What ``importer.storage`` holds to."""
