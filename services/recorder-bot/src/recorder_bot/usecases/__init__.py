"""What a recorder does: claims, takes, hands over."""
