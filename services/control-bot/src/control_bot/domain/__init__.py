"""What can be done from Discord, and how it is said; knows neither Discord nor the network."""
