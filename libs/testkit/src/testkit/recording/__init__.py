"""A recorder with everything around it: the real media and its servers, a simulated Discord, people who talk."""
