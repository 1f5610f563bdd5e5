"""What ``importer.models`` holds to."""
