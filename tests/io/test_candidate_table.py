"""Tables of candidates: what spreadsheets write, and every way that a row or header is wrong."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qchem_app.io.candidate_table as candidate_table
from qchem_app.errors import InputError
from qchem_app.io.candidate_table import TableRow, is_table, read_table
from qchem_app.io.candidate_words import SETTINGS, TABLE_WORDS, find_word
from qchem_app.result import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, so that messages hold names instead of long paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(text: str | bytes, name: str = "t.csv") -> tuple[TableRow, ...]:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(name).rows


def values(text: str | bytes) -> list[dict[str, str]]:
    found = rows(text)
    assert [row.error for row in found] == [""] * len(found)
    return [row.values for row in found]


def refusal(text: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        rows(text)
    return str(caught.value)


WANTED = [
    {"name": "water", "smiles": "O", "charge": "1", "active_space": "6,6"},
    {"name": "methane", "smiles": "C"},
]


@pytest.mark.parametrize(
    "text",
    [
        'name,smiles,charge,active_space\nwater,O,1,"6,6"\nmethane,C,,\n',
        "name;smiles;charge;active_space\nwater;O;1;6,6\nmethane;C;;\n",
        "name\tsmiles\tcharge\tactive_space\nwater\tO\t1\t6,6\nmethane\tC\n",
        'name;smiles;charge;active_space\r\nwater;O;1;"6,6"\r\nmethane;C;;\r\n',
        'name,smiles,charge,active_space\rwater,O,1,"6,6"\rmethane,C,,\r',
        '\ufeffName, SMILES ,Total Charge,Active Space\nwater, O, 1, "6,6"\nmethane,C,,',
        '"NAME";"Smiles";"CHARGE";"Active-Space"\n"water";"O";"1";"6,6"\n\n;;;\nmethane;C;;;;\n',
        "sep=;\nname;smiles;charge;active_space\nwater;O;1;6,6\nmethane;C;;\n",
        '\n# a comment\nname,smiles,charge,active_space\n\nwater,O,1,"6,6"\n\nmethane,C,,\n\n\n',
        'active.space,charge,Title,smi\n"6,6",1,water,O\n,,methane,C\n',
    ],
)
def test_dialects_of_one_table(text: str) -> None:
    assert values(text) == WANTED


def test_lines_are_those_of_an_editor() -> None:
    text = 'smiles,name\n\nO,"two\nlines"\nC,one\n'
    assert [(row.line, row.values["name"]) for row in rows(text)] == [(3, "two\nlines"), (5, "one")]


def test_latin_1_of_an_old_spreadsheet() -> None:
    assert values("name;smiles\nf\xfcnf;C\n".encode("latin-1")) == [{"name": "fünf", "smiles": "C"}]


def test_duplicate_rows_stay() -> None:
    assert len(rows("smiles\nO\nO\nO\n")) == 3


def test_numbers_of_the_users_own_are_variables() -> None:
    found = rows("smiles;r / Å;exp (kJ/mol);comment;rank;x\nO;0,74;-1.5e3;text;;nan\n")[0]
    assert found.variables == {"r / Å": 0.74, "exp (kJ/mol)": -1500.0}
    assert found.values == {"smiles": "O"}
    found = rows("smiles,a,b,c\nO,1_000,1e999,\N{ARABIC-INDIC DIGIT THREE}\n")[0]
    assert found.variables == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("smiles,charge\nO,1\n", ""),
        ("smiles,,charge\nO,7,1\n", ""),
        ("smiles;Preis\nO;1,5\n", "t.csv: column Preis is no setting; kept as your own"),
        (
            "smiles;IC50;Preis\nO;;1,5\nC;2;\n",
            "t.csv: columns IC50, Preis are not settings; kept as your own",
        ),
        (
            "smiles,remark,IC50\nO,fine,1\n",
            "t.csv: column IC50 is no setting; kept as your own; column remark is no setting and "
            "holds no number; left out",
        ),
        (
            "smiles,a,\u200bb\nO,x,\n",
            "t.csv: columns a, \\u200bb are not settings and hold no number; left out",
        ),
    ],
)
def test_what_is_said_of_the_users_own_columns(text: str, told: str) -> None:
    Path("t.csv").write_text(text)
    assert read_table("t.csv").own_columns() == told


def test_many_own_columns_are_not_all_named() -> None:
    Path("t.csv").write_text(f"smiles,{','.join(f'x{i}' for i in range(300))}\nO,1\n")
    told = read_table("t.csv").own_columns()
    assert "x5, x6, x7 and" not in told
    assert "and hold no number" in told
    assert len(told) < 200


def test_hostile_titles_are_printable() -> None:
    found = rows("smiles,\x1b[31m<script>\u202e\nO,1\n".replace("\x1b", "\u200b"))[0]
    assert list(found.variables) == ["\\u200b[31m<script>\\u202e"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv: the file is empty: it must hold a table with a header line"),
        (
            "O,water\nC,methane\n",
            't.csv:1: the header must name a column "file" or "smiles", found "O,water": name the '
            "columns in the first line",
        ),
        ("name,charge\nx,1\n", None),
        (";;;\n,,\n", "t.csv: there is no header line: name the columns in the first one"),
        (
            "smiles,multiplicty\nO,1\n",
            'column "multiplicty" is not known: did you mean multiplicity? (rename it if not)',
        ),
        (
            "smiles;Ladung\nO;1\n",
            't.csv:1: column "Ladung" is not known: did you mean charge? (rename it if not)',
        ),
        ("smiles,q\nO,1\n", 'column "q" is not known: did you mean charge?'),
        ("smiles,charge / e\nO,1\n", "did you mean charge?"),
        ("smiles;Gesamt-Ladung\nO;1\n", "did you mean charge?"),
        ("smiles;Multiplizität\nO;1\n", "did you mean multiplicity?"),
        ("smiles;Spin-Multiplizitaet\nO;1\n", 'write "multiplicity"'),
        ("smiles;Molteplicità\nO;1\n", "did you mean multiplicity?"),
        ("smiles;заряд\nO;1\n", "did you mean charge?"),
        ("smiles,unpaired electrons\nO,1\n", "did you mean multiplicity?"),
        ("files,charge\nx,1\n", 'column "files" is not known: did you mean file?'),
        (
            "smiles,spin\nO,1\n",
            'column "spin" can mean S, 2S or 2S + 1: write "multiplicity" (2S + 1)',
        ),
        ("smiles,device\nO,1\n", "column how energies are measured"),
        ("smiles,charge,Charge\nO,1,1\n", 'two columns say the same, the second one is "Charge"'),
        ("smiles,x,x\nO,1,1\n", 'two columns say the same, the second one is "x"'),
        ('smiles,"x\nO,1\n', "t.csv:1: the header is not CSV (unexpected end of data)"),
        ("smiles\n\n\n", "t.csv: there is no row below the header: add candidates"),
        (b"smiles\n\x00\x01\n", "t.csv: the file is binary"),
        ("smiles\nO\n".encode("utf-16"), "t.csv: the file is UTF-16 text: save it as UTF-8"),
    ],
)
def test_headers_that_cannot_be_used(text: str | bytes, message: str | None) -> None:
    found = refusal(text)
    assert (message or 'the header must name a column "file" or "smiles"') in found
    assert found.startswith("t.csv")
    assert "\n" not in found


def test_an_id_beside_a_name_is_a_variable() -> None:
    found = rows("id,name,smiles\n7,water,O\n")[0]
    assert (found.values, found.variables) == ({"name": "water", "smiles": "O"}, {"id": 7.0})
    assert values("id,smiles\n7,O\n") == [{"name": "7", "smiles": "O"}]
    found = rows("label,id,smiles\nw,7,O\n")[0]
    assert (found.values["name"], found.variables) == ("w", {"id": 7.0})


def test_broken_rows_cost_only_themselves() -> None:
    text = 'smiles,name,active_space\nO,a,6,6\nC,"b\nN,c,\nO,"d" x,\nF,e,"2,2"\n'
    found = rows(text)
    assert [(row.line, row.values.get("name")) for row in found] == [
        (2, None),
        (3, None),
        (4, "c"),
        (5, None),
        (6, "e"),
    ]
    assert found[0].error == (
        "t.csv:2: the row has 4 cells, but the header 3: put quotes around a cell with a delimiter "
        'in it, such as "6,6"'
    )
    assert found[1].error == (
        "t.csv:3: the row is not CSV (unexpected end of data): correct its quotes"
    ) or found[1].error.startswith("t.csv:3: the row is not CSV (")
    assert found[3].error.startswith("t.csv:5: the row is not CSV (")


def test_a_cell_of_ten_megabytes() -> None:
    plain, quoted = rows(
        "smiles,name\n" + "C" * 10_000_000 + ",a\n" + '"' + "C" * 10_000_000 + '",b\n'
    )
    assert len(plain.values["smiles"]) == 10_000_000
    assert quoted.error == (
        "t.csv:3: the row is not CSV (field larger than field limit (131072)): correct its quotes"
    )


def test_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidate_table, "MOST_CANDIDATES", 3)
    assert len(rows("smiles\nO\nO\nO\n")) == 3
    assert refusal("smiles\nO\nO\nO\nO\n") == "t.csv: more than 3 rows: split the table"


def test_quotes_that_never_close_cost_work_in_proportion(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = 0
    real = csv.reader

    def counted(source: list[str], **options: object) -> object:
        def passing():  # type: ignore[no-untyped-def]
            nonlocal lines
            for line in source:
                lines += 1
                yield line

        return real(passing(), **options)  # type: ignore[arg-type]

    monkeypatch.setattr(candidate_table.csv, "reader", counted)

    def work(count: int) -> int:
        nonlocal lines
        lines = 0
        assert len(rows("smiles,name\n" + 'O,"x y\n' * count)) == count
        return lines

    assert work(4000) <= 4.2 * work(1000)


def test_is_table() -> None:
    assert is_table("name\tSMILES\n")
    assert is_table("\n file ; charge\n")
    assert not is_table("3\nsmiles of water\n")
    assert not is_table("")


def test_every_setting_is_a_word() -> None:
    assert set(SETTINGS) == set(Settings.model_fields) - {"device"}
    for name in SETTINGS:
        assert find_word(name.upper().replace("_", " "), SETTINGS) == name


CELLS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp"), blacklist_characters="#"),
    max_size=12,
).map(str.strip)
DELIMITERS = st.sampled_from([",", ";", "\t"])


@given(
    st.lists(st.tuples(CELLS.filter(bool), CELLS, CELLS), min_size=1, max_size=6),
    DELIMITERS,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.booleans(),
)
def test_what_a_csv_writer_wrote_comes_back(
    table: list[tuple[str, str, str]], delimiter: str, end: str, quoting: int, bom: bool
) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(("smiles", "name", "basis"))
    writer.writerows(table)
    Path("t.csv").write_text(
        ("\ufeff" if bom else "") + stream.getvalue(), encoding="utf-8", newline=""
    )
    words = ("smiles", "name", "basis")
    assert [row.values for row in read_table("t.csv").rows] == [
        {word: cell for word, cell in zip(words, cells, strict=True) if cell} for cells in table
    ]


@given(st.text(alphabet='smiles,;\t"\n file1O= ', max_size=60))
def test_any_text_is_a_table_or_a_sentence(text: str) -> None:
    Path("t.csv").write_text(text, newline="")
    try:
        sentences = [row.error for row in read_table("t.csv").rows]
    except InputError as error:
        sentences = [str(error)]
    assert not any("\n" in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("title", "word"),
    [
        ("Mol Name", "name"),
        ("Compound", "name"),
        ("formal_charge", "charge"),
        ("2S+1", "multiplicity"),
        ("Spin Multiplicity", "multiplicity"),
        ("Basis Set", "basis"),
        ("XYZ file", "file"),
        ("CanonicalSMILES", "smiles"),
        ("CID", None),
        ("idx", None),
        ("exp. (kJ/mol)", None),
        ("homo", None),
        ("r", None),
        ("Δ", None),
    ],
)
def test_titles_of_real_tables(title: str, word: str | None) -> None:
    assert find_word(title, TABLE_WORDS) == word


@pytest.mark.parametrize("title", ["charges", "spin state", "seeds", "smile", "frame id", "bases"])
def test_titles_that_may_be_slips(title: str) -> None:
    assert refusal(f"smiles,{title}\nO,1\n").startswith(f't.csv:1: column "{title}" ')
