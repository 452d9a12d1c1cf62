"""Why a run can't start or go on."""


class LaunchError(Exception):
    """Told to the person who started it, as it stands: what is wrong, and what to do."""
