"""What ``importer.system`` holds to."""
