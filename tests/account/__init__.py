"""What ``importer.account`` holds to."""
