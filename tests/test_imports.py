"""Imports go one way, and nothing is imported before it is needed."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import qchem_app
from qchem_app.io.record import write_record
from qchem_app.result import SolveResult

#: Lowest layer first; a module imports from its own layer and those before it.
LAYERS = (
    ("errors", "units", "elements", "printable", "progress"),
    ("molecule", "result"),
    ("io", "provenance", "planning"),
    ("chemistry", "report", "verdict"),
    ("references", "civector"),
    ("mapping",),
    ("ansatz",),
    ("circuits",),
    ("measurement",),
    ("backends",),
    ("mitigation",),
    ("vqe",),
    ("device",),
    ("solve",),
    ("screening",),
    ("scan",),
    ("cli",),
)
#: Imports against the order, each inside a function and for a reason.
EXCEPTIONS = {("molecule", "io")}  # Molecule.from_file, a convenience

PACKAGE = Path(qchem_app.__file__).parent
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
HEAVY = {"numpy", "scipy", "pyscf", "numba", "openfermion", "cirq", "pennylane", "h5py"}


def imported_parts(file: Path) -> Iterator[tuple[str, bool]]:
    """(part of the package, whether at module level) for every import in a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names = [str(node.module)]
            if node.module == "qchem_app":
                names = [f"qchem_app.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("qchem_app."):
                yield name.split(".")[1], id(node) not in inside


def test_imports_go_one_way() -> None:
    wrong = []
    for file in sorted(PACKAGE.rglob("*.py")):
        part = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if part in ("__init__", "__main__"):
            continue
        for imported, at_top in imported_parts(file):
            if imported not in RANK:  # __version__ and the like, of the package itself
                continue
            allowed = RANK[imported] <= RANK[part]
            if not allowed and (at_top or (part, imported) not in EXCEPTIONS):
                wrong.append(f"{file.relative_to(PACKAGE)} imports {imported}")
    assert wrong == []


def test_every_part_has_a_layer() -> None:
    parts = {
        path.name.removesuffix(".py")
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or any(path.glob("*.py"))
    }
    assert parts - {"__init__", "__main__"} <= set(RANK)


def modules_after(code: str, environment: dict[str, str], cwd: Path) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after running the code."""
    script = f"import json, sys\n{code}\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    finished = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=cwd,
    )
    assert finished.returncode == 0, finished.stderr
    return {name.split(".")[0] for name in json.loads(finished.stdout.splitlines()[-1])}


def test_importing_the_package_loads_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    loaded = modules_after("import qchem_app", environment, tmp_path)
    assert not loaded & (HEAVY | {"pydantic", "typer", "rich"})


def test_help_loads_no_science(environment: dict[str, str], tmp_path: Path) -> None:
    code = "from qchem_app.cli import main\nassert main(['--help']) == 0"
    loaded = modules_after(code, environment, tmp_path)
    assert not loaded & (HEAVY | {"pydantic", "rich"})


def test_help_of_a_command_loads_no_science(environment: dict[str, str], tmp_path: Path) -> None:
    code = "from qchem_app.cli import main\nassert main(['solve', '--help']) == 0"
    assert not modules_after(code, environment, tmp_path) & HEAVY


def test_solving_loads_neither_pennylane_nor_openfermion(
    environment: dict[str, str], tmp_path: Path, repository: Path
) -> None:
    file = repository / "molecules" / "h2.xyz"
    code = f"from qchem_app.cli import main\nassert main(['solve', {str(file)!r}, '-q']) == 0"
    loaded = modules_after(code, environment, tmp_path)
    assert "pyscf" in loaded
    assert not loaded & {"pennylane", "openfermion", "cirq", "sympy", "matplotlib", "pandas"}


@pytest.mark.parametrize("command", ["solve", "reproduce"])
def test_threads_are_set_before_numpy_loads(
    command: str, environment: dict[str, str], tmp_path: Path, water: SolveResult
) -> None:
    settings = water.settings.model_copy(update={"threads": 1})
    write_record(water.model_copy(update={"settings": settings}), tmp_path / "record.json")
    given = ["record.json", *(["--threads", "1"] if command == "solve" else [])]
    code = (
        "import qchem_app.cli.threads as threads\nfrom qchem_app.cli import main\n"
        "def check(n):\n"
        "    assert n == 1\n"
        "    assert 'numpy' not in sys.modules\n"
        "    sys.exit(0)\n"
        "threads.limit_threads = check\n"
        f"main([{command!r}, *{given!r}])\n"
        "raise SystemExit('limit_threads was not called')"
    )
    finished = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert (finished.returncode, finished.stderr) == (0, "")


def test_public_names_are_what_their_modules_define() -> None:
    for name in qchem_app.__all__:
        assert getattr(qchem_app, name) is not None
    assert set(qchem_app.__all__) <= set(dir(qchem_app))


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'slove'"):
        qchem_app.slove  # noqa: B018


def test_solve_stays_the_function_when_its_module_is_imported(
    environment: dict[str, str], tmp_path: Path
) -> None:
    code = (
        "import qchem_app.solve\nassert callable(qchem_app.solve)\n"
        "from qchem_app import solve\nassert solve is qchem_app.solve"
    )
    assert "qchem_app" in modules_after(code, environment, tmp_path)
