"""Where PySCF may put files: nowhere, or in a folder that is gone afterwards.

PySCF writes a checkpoint of every SCF, and integrals that do not fit in memory, to the current
folder unless it is configured otherwise. That folder belongs to the user and may be read-only.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.RLock()  # the two settings are variables of PySCF's modules


@contextmanager
def no_checkpoint_file() -> Iterator[None]:
    """SCF objects made inside have no checkpoint file."""
    from pyscf.scf import hf

    with _lock:
        before = hf.MUTE_CHKFILE
        hf.MUTE_CHKFILE = True
        try:
            yield
        finally:
            hf.MUTE_CHKFILE = before


@contextmanager
def scratch_folder() -> Iterator[str]:
    """What PySCF writes inside goes to a temporary folder, which is removed at the end.

    One caller at a time: other threads wait.
    """
    from pyscf.lib import param

    with _lock, tempfile.TemporaryDirectory(prefix="qchem-") as folder:
        before = param.TMPDIR
        param.TMPDIR = folder
        try:
            yield folder
        finally:
            param.TMPDIR = before
