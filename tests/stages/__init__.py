"""What ``importer.stages`` holds to."""
