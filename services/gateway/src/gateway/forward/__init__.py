"""HTTP ahead of the framework: which service a request is for, whether it may pass, and carrying it there and back."""
