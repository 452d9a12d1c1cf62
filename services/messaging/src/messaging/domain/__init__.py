"""The rules: frozen values, pure functions, refusals. No clock, no chance, no input or output."""
