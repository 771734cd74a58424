"""What the exit status of `qchem` means."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qchem_app.result import SolveResult

CONVERGED = 0
ERROR = 1
USAGE = 2
NOT_CONVERGED = 3
INTERRUPTED = 130  # 128 + SIGINT
TERMINATED = 143  # 128 + SIGTERM


def of_result(result: SolveResult) -> int:
    """Status of a run that finished: everything the answer and its error stand on converged."""
    return CONVERGED if result.converged else NOT_CONVERGED
