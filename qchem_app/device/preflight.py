"""What of a measurement on qubits does not fit a machine, said before any work is done."""

from __future__ import annotations

from qchem_app.backends.noise_model import NoiseModel
from qchem_app.backends.noisy import NoisySampler
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.errors import ResourceError
from qchem_app.mapping.encodings import make_encoding
from qchem_app.planning.cost import available_memory_mb
from qchem_app.result import Settings

#: Measuring needs the exact state of the qubits, and groups of their operator's terms.
MOST_QUBITS = 22
# Bytes of a complex amplitude.
_AMPLITUDE = 16


def check_qubits(hamiltonian: MolecularHamiltonian, settings: Settings) -> None:
    """Refuse registers that cannot be simulated here.

    Raises:
        ResourceError: too many qubits for what the settings ask for.
        InputError: an engine that is not installed.
    """
    simulated = settings.device is not None or settings.ansatz.startswith("hea-")
    if settings.mapping is None or not simulated:
        return
    if settings.device is not None and settings.device.noise is not None:
        # what an engine imports takes seconds, which are nobody's measuring time
        NoisySampler(NoiseModel.from_dict(settings.device.noise), settings.device.engine)
    n = make_encoding(hamiltonian, settings.mapping, taper=settings.taper).n_qubits
    noisy = settings.device is not None and settings.device.backend == "noisy"
    if settings.device is not None and noisy and settings.device.shots is None:
        needed = _AMPLITUDE * 4.0**n
        if settings.device.target_error is None and needed > 1e6 * available_memory_mb():
            raise ResourceError(
                f"exact noisy energies of {n} qubits need a density matrix of {_size(needed)}, "
                "more than there is memory for; give --shots, or a smaller --active-space"
            )
    if n <= MOST_QUBITS:
        return
    kind, amplitudes = ("density matrix", 4.0**n) if noisy else ("state vector", 2.0**n)
    raise ResourceError(
        f"measuring on {n} qubits needs a {kind} of {_size(_AMPLITUDE * amplitudes)} and many "
        f"circuits, and at most {MOST_QUBITS} qubits are simulated; choose a smaller "
        "--active-space, or --mapping parity and --taper"
    )


def _size(count: float) -> str:
    """Bytes in a unit that keeps the number short."""
    for unit in ("bytes", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"):
        if count < 1000:
            return f"{count:,.0f} {unit}"
        count /= 1000
    return f"{count:,.0f} RB"
