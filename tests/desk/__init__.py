"""What ``importer.reports`` holds to."""
