"""What ``importer.targets`` holds to."""
