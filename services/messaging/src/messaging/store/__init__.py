"""Tables and every query; gives and takes domain values, never commits."""
