"""Rules of recording: values and pure state; the clock is passed in."""
