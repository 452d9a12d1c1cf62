"""One function per thing people do: load, decide, save, tell."""
