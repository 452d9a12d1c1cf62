"""What people and recorders do."""
