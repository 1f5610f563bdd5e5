"""What ``importer.cli`` holds to."""
