"""What people do, and what keeps panels true."""
