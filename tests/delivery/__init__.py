"""What ``importer.delivery`` holds to."""
