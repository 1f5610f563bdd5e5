"""What ``importer.jobs`` holds to."""
