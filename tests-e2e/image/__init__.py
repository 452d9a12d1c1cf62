"""The image on a real engine, by `make image-test`."""
