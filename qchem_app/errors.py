"""The exceptions that qchem_app raises on purpose.

Each one carries a single sentence for the user (what is wrong, what was found, what to do)
and subclasses a builtin, so that library users can catch either.
"""

from __future__ import annotations


class QchemError(Exception):
    """Base of every error that the program raises on purpose."""


class InputError(QchemError, ValueError):
    """Data from the user (a geometry, a record, a combination of them) is not usable."""


class UsageError(InputError):
    """An option or argument has a value that no input could make right."""


class ResourceError(QchemError, MemoryError):
    """The calculation does not fit this machine or the limits that were asked for."""


class ConvergenceError(QchemError, ArithmeticError):
    """An iteration that everything after it stands on did not converge."""
