"""What a test, a script or a page does to the world over HTTP: everything that people do at Discord, and faults."""
