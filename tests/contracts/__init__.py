"""What every member of a registry must do, and which room may import which."""
