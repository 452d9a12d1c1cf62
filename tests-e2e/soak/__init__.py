"""Long runs of the recorder, by `make soak`; shorter forms of each are among the recorder's own tests."""
