"""Why a run can't start or go on."""


class LaunchError(Exception):
    """Told to the person who started it, as it stands: what is wrong, and what to do."""


FATAL_FILE = "fatal"
"""In the run folder: why the run has to end, written by the exit listener."""
