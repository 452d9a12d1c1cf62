"""`make run`: everything needed, from nothing, under one supervisor, until it is told to stop."""
