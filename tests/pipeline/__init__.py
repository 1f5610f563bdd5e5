"""What ``importer.pipeline`` holds to."""
