"""What several tests use: lists of known truth, servers, desks."""
