"""The one error of the demo's preparation: its text is a sentence that says what to do."""


class SetupError(Exception):
    """Something this machine lacks or refuses; the text is shown as it is, without a traceback."""
