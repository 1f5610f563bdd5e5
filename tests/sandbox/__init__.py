"""What ``importer.sandbox`` holds to."""
