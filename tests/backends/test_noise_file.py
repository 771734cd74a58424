from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from qchem_app.backends.noise_file import parse_noise
from qchem_app.backends.noise_presets import PRESETS
from qchem_app.circuits.circuit import Gate
from qchem_app.errors import InputError, UsageError

EXAMPLE = """
name: my device
gates:
  one-qubit: {depolarizing: 2e-4, time: 50}    # 2e-4 without a dot is text in YAML
  rz: {depolarizing: 0, time: 0}
  cx: {depolarizing: 8e-3, time: 300, pauli: {XI: 1e-3, ZZ: 0.002}}
  cx 0 1: {depolarizing: 2.0e-2, over-rotation: 0.1, axis: ZY}
  rx 3: {over-rotation: 0.02}
  one-qubit 2: {amplitude-damping: 0.01, phase-damping: 0.02}
qubits:
  default: {t1: 120, t2: 80, readout: 0.02}
  2: {t1: 40, t2: 30, detuning: 15, readout: [0.01, 0.05]}
"""


def test_the_short_form() -> None:
    model = parse_noise("p1=1e-3, p2=1e-2,readout=0.02")
    assert model.name == "p1=1e-3,p2=1e-2,readout=0.02"
    assert model.gate_noise("rz", (5,)).depolarizing == 1e-3
    assert model.gate_noise("cx", (5, 2)).depolarizing == 1e-2
    assert model.readout(7) == (0.02, 0.02)
    assert model.is_pauli
    assert not model.has_idle_noise


def test_every_key_of_the_short_form() -> None:
    model = parse_noise(
        "p1=.01,p2=.02,p2each=.03,damping1=.04,damping2=.05,dephasing1=.06,dephasing2=.07,"
        "over1=.08,over2=-.09,time1=35,time2=300,t1=100,t2=50,detuning=-20,readout=0.01"
    )
    one, two, qubit = model.gate_noise("h", (0,)), model.gate_noise("cx", (0, 1)), model.qubit_noise
    assert (one.depolarizing, one.amplitude_damping, one.phase_damping) == (0.01, 0.04, 0.06)
    assert (two.depolarizing, two.amplitude_damping, two.phase_damping) == (0.02, 0.05, 0.07)
    assert (two.depolarizing_each, one.over_rotation, two.over_rotation) == (0.03, 0.08, -0.09)
    assert (one.time, two.time) == (35.0, 300.0)
    assert (qubit(1).t1, qubit(1).t2, qubit(1).detuning) == (100.0, 50.0, -20.0)
    assert model.has_idle_noise


@pytest.mark.parametrize("name", PRESETS)
def test_presets(name: str) -> None:
    model = parse_noise(name)
    assert model.name == name
    assert model.has_idle_noise
    assert model.gate_time(Gate("rz", (0,), 1.0)) == 0.0
    assert model.errors(Gate("rz", (0,), 1.0)) == ()


@pytest.mark.parametrize(
    ("name", "gate", "error", "dimension"),
    [
        ("ibm-like", Gate("x", (0,)), 2.36e-4, 2),
        ("ibm-like", Gate("cx", (0, 1)), 7.79e-3, 4),
        ("ion-trap-like", Gate("x", (0,)), 5e-4, 2),
        ("ion-trap-like", Gate("cx", (0, 1)), 4e-3, 4),
    ],
)
def test_presets_have_the_gate_errors_that_they_state(
    name: str, gate: Gate, error: float, dimension: int
) -> None:
    ptm = parse_noise(name).error_ptm(gate)
    process = ptm.trace() / len(ptm)
    average = (dimension * process + 1) / (dimension + 1)
    assert 1 - average == pytest.approx(error, rel=0.02)


def check_example(file: Path) -> None:
    model = parse_noise(str(file))
    assert model.name == "my device"
    assert model.gate_noise("x", (0,)).depolarizing == 2e-4
    assert model.gate_noise("rz", (0,)).time == 0.0
    both = model.gate_noise("cx", (1, 0))
    assert (both.depolarizing, both.over_rotation, both.axis, both.time) == (0.02, 0.1, "ZY", 300.0)
    assert both.pauli == (("XI", 0.001), ("ZZ", 0.002))
    turned = model.gate_noise("rx", (3,))
    assert (turned.over_rotation, turned.depolarizing) == (0.02, 2e-4)
    assert model.gate_noise("ry", (2,)).amplitude_damping == 0.01
    assert model.gate_noise("ry", (2,)).time == 50.0
    assert model.qubit_noise(2).readout == (0.01, 0.05)
    assert model.qubit_noise(9).t2 == 80.0


def test_yaml_file(tmp_path: Path) -> None:
    file = tmp_path / "device.yaml"
    file.write_text(EXAMPLE)
    check_example(file)


def test_json_file(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    file = tmp_path / "device.JSON"
    file.write_text(json.dumps(yaml.safe_load(EXAMPLE)))
    check_example(file)


def test_a_qubit_takes_its_missing_values_from_the_default(tmp_path: Path) -> None:
    file = tmp_path / "d.yml"
    file.write_text(
        "gates: {cx: {time: 1}}\nqubits: {1: {t1: 30}, default: {t1: .inf, readout: 0.1}}"
    )
    model = parse_noise(str(file))
    assert math.isinf(model.qubit_noise(0).t1)
    assert (model.qubit_noise(1).coherence, model.readout(1)) == (60.0, (0.1, 0.1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "p3=1",
            "noise 'p3' is not known: use p1, p2, p2each, damping1, damping2, dephasing1, "
            "dephasing2, over1, over2, time1, time2, t1, t2, detuning, readout",
        ),
        ("redout=0.1", "noise 'redout' is not known: did you mean readout?"),
        ("p1=2", "noise p1 must be a probability from 0 to 1, found '2'"),
        ("p1=-1e-3", "noise p1 must be a probability from 0 to 1, found '-1e-3'"),
        ("p1=nan", "noise p1 must be a probability from 0 to 1, found 'nan'"),
        ("p1=one", "noise p1 must be a probability from 0 to 1, found 'one'"),
        ("over1=4", "noise over1 must be a number from -3.14159 to 3.14159, found '4'"),
        ("p1=1e-3,p1=1e-2", "noise p1 is there twice, 1e-3 and 1e-2: keep one"),
        ("p1=1e-3,p2", "noise 'p2': write a key and a value, such as p2=1e-2"),
        ("p1=1e-3,", "noise '': write a key and a value, such as p2=1e-2"),
        (
            "t1=100",
            "noise t1, t2 and detuning act only while time passes: give time1 or time2, in ns, too",
        ),
        (
            "t1=10,t2=50,time1=3",
            "noise t2 is 50 µs and t1 is 10 µs, but coherence cannot outlive relaxation: t2 is at "
            "most 2 t1",
        ),
        (
            "imb-like",
            "noise 'imb-like' is neither a list such as p1=1e-3,p2=1e-2 nor a .yaml or .json file "
            "nor a known device: did you mean ibm-like?",
        ),
        (
            "\x1b[31m",
            "noise '\\\\x1b[31m' is neither a list such as p1=1e-3,p2=1e-2 nor a .yaml or .json "
            "file nor a known device: use ibm-like or ion-trap-like",
        ),
    ],
)
def test_bad_options(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_noise(text)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty: it must hold gates or qubits"),
        ("- 1", "must hold keys with values, found [1]"),
        ("gate: {}", "'gate' is not known: did you mean gates?"),
        ("gates: {cz: {}}", "gates: 'cz' is not known: use one-qubit, x, h, rx, ry, rz, cx"),
        (
            "gates: {cnot 0 1: {}}",
            "gates: 'cnot' is not known: use one-qubit, x, h, rx, ry, rz, cx",
        ),
        ("gates: {cx 0: {}}", "gates: 'cx 0': cx acts on two different qubits, found 1 numbers"),
        (
            "gates: {cx 1 1: {}}",
            "gates: 'cx 1 1': cx acts on two different qubits, found 2 numbers",
        ),
        (
            "gates: {cx a b: {}}",
            "gates: 'cx a b' is not a gate and its qubits: write, for example, cx 0 1",
        ),
        ("gates: {x 1: {}, 'x  1': {}}", "gates: 'x  1' is there twice: keep one of them"),
        (
            "gates: {cx: {depolarising: 0.1}}",
            "gates: cx: 'depolarising' is not known: did you mean depolarizing?",
        ),
        (
            "gates: {cx: {depolarizing: 1.5}}",
            "gates: cx: depolarizing must be a probability from 0 to 1, found 1.5",
        ),
        (
            "gates: {cx: {depolarizing: true}}",
            "gates: cx: depolarizing: must be a number, found True",
        ),
        (
            "gates: {cx: {depolarizing: .nan}}",
            "gates: cx: depolarizing: must be a number, found nan",
        ),
        ("gates: {cx: {time: soon}}", "gates: cx: time: must be a number, found 'soon'"),
        ("gates: {cx: 0.1}", "gates: cx: must hold keys with values, found 0.1"),
        (
            "gates: {cx: {pauli: {X: 0.1}}}",
            "gates: cx: pauli: 'X' must be letters like XI",
        ),
        (
            "gates: {x: {pauli: {X: 0.7, Z: 0.7}}}",
            "gates: x: the probabilities of pauli sum to 1.4: at most 1 is possible",
        ),
        (
            "gates: {x: {axis: ZX}}",
            "gates: x: axis is two letters like ZX and belongs to cx, found 'ZX'",
        ),
        (
            "qubits: {q0: {}}",
            "qubits: 'q0' must be default or the number of a qubit, from 0",
        ),
        ("qubits: {0: {}, '0': {}}", "'0' is there twice, again in line 1: keep one of them"),
        ("qubits: {0: {T1: 5}}", "qubits: 0: 'T1' is not known: did you mean t1?"),
        (
            "qubits: {0: {readout: [1, 2, 3]}}",
            "qubits: 0: readout: is one number, or P(1|0) and P(0|1), found [1, 2, 3]",
        ),
        (
            "qubits: {0: {readout: [0.1, 2]}}",
            "qubits: 0: readout must be a probability from 0 to 1, found 2",
        ),
        (
            "gates: {cx: {time: 9}}\nqubits: {0: {t1: 5, t2: 11}}",
            "qubits: 0: t2 is 11 µs and t1 is 5 µs, but coherence cannot outlive relaxation: t2 is "
            "at most 2 t1",
        ),
        (
            "qubits: {0: {t1: 5}}",
            "t1, t2 and detuning act only while time passes: give the gates a time in ns",
        ),
        ("name: my device", "no noise is in it: it must hold gates or qubits"),
        ("gates:\nqubits:", "no noise is in it: it must hold gates or qubits"),
        (
            "gates:\n  cx:\n  one-qubit: {depolarizing: 1e-3}",
            "gates: cx is empty: give it keys and values, or leave it out",
        ),
        (
            "qubits: {default: {readout: 0.1}, 3: {}}",
            "qubits: 3 is empty: give it keys and values, or leave it out",
        ),
        ("gates: {cx: {pauli: {II: 0.1}}}", "gates: cx: pauli: 'II' must be letters like XI"),
        ("gates: {x: {pauli: {I: 0.1}}}", "gates: x: pauli: 'I' must be letters like X"),
        (
            "{name: 3, gates: {cx: {time: 1}}}",
            "name: must be a text of 1 to 80 characters, found 3",
        ),
        (
            "{twirled: maybe, gates: {cx: {time: 1}}}",
            "twirled: must be true or false, found 'maybe'",
        ),
        ("gates: {cx: {}, cx: {}}", "'cx' is there twice, again in line 1: keep one of them"),
        ("gates: &a {}\nqubits: *a", "aliases (*name) are not read: write the values out"),
        ("gates: {cx: {", "not valid YAML in line 1 (expected the node content, but found "),
        (
            "gates: !!python/object/apply:os.system [id]",
            "not valid YAML in line 1 (could not determine a constructor for the tag ",
        ),
        ("name: 2026-99-99", "not valid YAML (month must be in 1..12): correct it"),
        (f"gates: {{cx: {{time: {'9' * 400}}}}}", "gates: cx: time: is out of range"),
        (f"gates: {{cx: {{time: {'9' * 5000}}}}}", "not valid YAML (Exceeds the limit "),
        ("[" * 5000, "nested too deeply: correct it"),
        ("{[1]: 2}", "not valid YAML in line 1 (found unhashable key): correct it"),
    ],
)
def test_bad_files(content: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "device.yaml"
    file.write_text(content)
    with pytest.raises(InputError) as error:
        parse_noise(str(file))
    found = str(error.value)
    assert found.startswith(f"{file}: {message}")
    if message[-1] != " ":
        assert found == f"{file}: {message}"
    assert "\n" not in found
    assert not isinstance(error.value, UsageError)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '{"gates": {,}}',
            "not valid JSON in line 1 (Expecting property name enclosed in double quotes): correct "
            "it",
        ),
        ('{"name": "a", "name": "b"}', "'name' is there twice: keep one of them"),
        (" ", "the file is empty: it must hold gates or qubits"),
        ('{"gates": {"cx": {"time": NaN}}}', "gates: cx: time: must be a number, found nan"),
        (
            f'{{"gates": {{"cx": {{"time": {"9" * 5000}}}}}}}',
            "a number is too long: give a few digits",
        ),
        ("[" * 100_000, "nested too deeply for a noise file: correct it"),
    ],
)
def test_bad_json(content: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "device.json"
    file.write_text(content)
    with pytest.raises(InputError) as error:
        parse_noise(str(file))
    assert str(error.value) == f"{file}: {message}"


def test_a_file_without_a_name_has_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "falcon-5.yaml").write_text("gates: {cx: {depolarizing: 0.01}}")
    assert parse_noise(str(tmp_path / "falcon-5.yaml")).name == "falcon-5"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    missing = tmp_path / "none.yaml"
    with pytest.raises(InputError) as error:
        parse_noise(str(missing))
    assert str(error.value) == f"{missing}: no such noise file: check the path"
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(InputError, match=r"no such noise file: check the path$"):
        parse_noise(str(tmp_path / "folder.yaml"))
    large = tmp_path / "large.yaml"
    large.write_bytes(b" " * 1_000_001)
    with pytest.raises(InputError) as error:
        parse_noise(str(large))
    assert str(error.value) == f"{large}: a noise file has at most 1000 kB, found 1000 kB"
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError) as error:
        parse_noise(str(binary))
    reason = "it is not UTF-8 text"
    assert str(error.value) == f"{binary}: cannot be read ({reason}): give a YAML or JSON file"
    other = tmp_path / "device.txt"
    other.write_text(EXAMPLE)
    with pytest.raises(UsageError) as error:
        parse_noise(str(other))
    assert str(error.value) == (
        f"noise '{other}': a noise file has one of the endings .yaml, .yml, .json"
    )
