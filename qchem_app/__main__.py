"""The program runs as `python -m qchem_app` too."""

from __future__ import annotations

import sys

from qchem_app.cli import main

if __name__ == "__main__":
    sys.exit(main())
