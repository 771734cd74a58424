"""Noise models of typical devices, by name."""

from __future__ import annotations

from typing import Any

#: What `--noise NAME` stands for, in the format of noise files.
PRESETS: dict[str, dict[str, Any]] = {
    # Medians over ibm_sherbrooke (127 superconducting qubits, Eagle r3) of 2025-02-26, from the
    # calibration that qiskit-ibm-runtime 0.51 carries: T1 278 µs, T2 170 µs; sx and x 57 ns with
    # error 2.36e-4; ecr 533 ns with error 7.79e-3; readout 2.05e-2 and 1.37e-2. An error from
    # randomised benchmarking is (d - 1)/d of a depolarising rate, so the probability of a Pauli
    # error is 1.5 or 1.25 times it; what T1 and T2 cause of that during the gate is taken off.
    # rz is a change of frame; rx and ry are two pulses, h is one.
    "ibm-like": {
        "name": "ibm-like",
        "gates": {
            "one-qubit": {"depolarizing": 1.4e-4, "time": 57.0},
            "rx": {"depolarizing": 2.8e-4, "time": 114.0},
            "ry": {"depolarizing": 2.8e-4, "time": 114.0},
            "rz": {"depolarizing": 0.0, "time": 0.0},
            "cx": {"depolarizing": 5.6e-3, "time": 533.0},
        },
        "qubits": {"default": {"t1": 278.0, "t2": 170.0, "readout": [0.0205, 0.0137]}},
    },
    # IonQ Aria as Microsoft states it for Azure Quantum (learn.microsoft.com/azure/quantum/
    # provider-ionq): T1 10 to 100 s, T2 1 s; gates of 135 and 600 µs with fidelities 99.95 % and
    # 99.6 %; state preparation and measurement 99.61 %. Converted as above.
    "ion-trap-like": {
        "name": "ion-trap-like",
        "gates": {
            "one-qubit": {"depolarizing": 6.8e-4, "time": 135e3},
            "rz": {"depolarizing": 0.0, "time": 0.0},
            "cx": {"depolarizing": 4.4e-3, "time": 600e3},
        },
        "qubits": {"default": {"t1": 1e7, "t2": 1e6, "readout": 0.0039}},
    },
}
