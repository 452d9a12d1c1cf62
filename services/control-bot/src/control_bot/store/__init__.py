"""What is remembered: panels, and which recordings run."""
