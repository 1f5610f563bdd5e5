"""What ``importer.settings`` holds to."""
