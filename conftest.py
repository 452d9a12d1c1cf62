"""Every test may ask for the servers and helpers of testkit."""

pytest_plugins = ["testkit.plugin"]
