"""What an embedded server's start can be refused for."""


class EmbeddedError(Exception):
    """A server can't be started as asked; the text is one line that says what to do."""
