"""What services say to each other: ids, times, problems, events, and bodies shared between two of them."""
