"""What a user can mend: one sentence with the value, the place, the rule and the next command."""


class UserError(Exception):
    """Printed as it is; the exit code is 2."""


class Interrupted(Exception):
    """Stopped by a signal, everything kept; says how to go on."""
