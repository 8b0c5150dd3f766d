"""The user's CSV file: read exactly, and each fault answered in one sentence."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.datasets.csv_file import read_csv
from nisqdl.datasets.dataset import RawData
from nisqdl.datasets.options import DatasetOptions
from nisqdl.datasets.split import fingerprint, load_split
from nisqdl.errors import InputError


def read(folder: Path, content: str | bytes, label: str = "y") -> RawData:
    path = folder / "data.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_csv(str(path), label)


def test_reads_numbers_classes_quotes_and_blank_lines(tmp_path: Path) -> None:
    data = read(tmp_path, '\ufeffa, y ,"b, c"\r\n1,no,-2e-3\r\n\r\n" 3.5","yes",+4\r\n\n')
    np.testing.assert_array_equal(data.X, [[1, -0.002], [3.5, 4]])
    np.testing.assert_array_equal(data.y, [0, 1])
    assert data.class_names == ("no", "yes")


def test_integer_classes_are_ordered_by_value(tmp_path: Path) -> None:
    data = read(tmp_path, "a,y\n1,10\n2,9\n3,-1\n")
    assert data.class_names == ("-1", "9", "10")
    np.testing.assert_array_equal(data.y, [2, 1, 0])


@given(
    values=st.lists(
        st.tuples(
            st.floats(min_value=-1e100, max_value=1e100),
            st.sampled_from(["left", "right, far", 'the "other"', "ünten"]),
        ),
        min_size=1,
        max_size=20,
    )
)
@settings(deadline=None, max_examples=50)
def test_what_the_standard_writer_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple[float, str]]
) -> None:
    rows = [*values, (0.0, "left"), (0.5, "ünten")]
    text = io.StringIO()
    csv.writer(text).writerows([("x", "y"), *rows])
    data = read(tmp_path_factory.mktemp("csv"), text.getvalue())
    assert data.X[:, 0].tolist() == [value for value, _ in rows]
    assert [data.class_names[i] for i in data.y] == [name for _, name in rows]


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("", ["is empty"]),
        ("\n\n", ["is empty"]),
        ("a,y\n", ["rows below its header", "has none"]),
        ("y\n1\n2\n", ["feature column beside 'y'"]),
        ("a,z\n1,0\n", ["no column named 'y'", "dataset.label", "Valid names: a, z"]),
        ("a,Y\n1,0\n", ["no column named 'y'"]),
        ("a,a,y\n1,2,0\n", ["line 1", "columns 1 and 2", "'a'", "rename"]),
        ("a,,y\n1,2,0\n", ["line 1", "column 2", "must have a name"]),
        ("a;y\n1;0\n", ["separated by commas", "'a;y'"]),
        ("a\ty\n1\t0\n", ["separated by commas"]),
        ("a,y\n1,0\n,1\n", ["line 3", "'a'", "missing", "fill it in"]),
        ("a,y\n1,0\nNA,1\n", ["line 3", "'a'", "missing ('NA')"]),
        ("a,y\nnan,0\n2,1\n", ["line 2", "'a'", "missing ('nan')"]),
        ("a,y\n1,0\n2,\n", ["line 3", "'y'", "missing"]),
        ("a,y\n1,0\nred,1\n", ["line 3", "'a'", "must be a number, but is 'red'"]),
        ("a,y\n1,0\n1_000,1\n", ["line 3", "'1_000'"]),
        ('a,y\n1,0\n"1,5",1\n', ["line 3", "'1,5'"]),
        ("a,y\n1,0\ninf,1\n", ["line 3", "'a'", "'inf'", "remove the line"]),
        ("a,y\n1,0\n1e400,1\n", ["line 3", "'1e400'"]),
        ("a,y\n1,0\n1e200,1\n", ["line 3", "at most 1e+100", "'1e200'"]),
        ("a,y\n1,0\n2\n", ["line 3", "2 cells", "has 1"]),
        ("a,y\n1,0\n2,1,5\n", ["line 3", "2 cells", "has 3"]),
        ("a,y\n1,0\n2,0\n", ["'y'", "at least two classes", "every row is '0'"]),
        ('a,y\n1,0\n2,"1\n', ["line 3", "not valid CSV", "quotes"]),
        ("a,y\n1,0\n2,\x001\n3,\x001\n4,x\nred,1\n", ["line 6", "'red'"]),
        ("a,y\n1,0\n2,é\n".encode("latin-1"), ["line 3", "UTF-8", "0xe9"]),
        ("a,y\n1,0\n".encode("utf-16"), ["line 1", "UTF-8", "0xff"]),
        (b"PK\x03\x04\x14\x00\x06\x00\xff\xfe", ["line 1", "UTF-8"]),
    ],
)
def test_each_fault_is_one_sentence(tmp_path: Path, content: str | bytes, parts: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert len(sentence) < 300 + len(str(tmp_path))
    for part in ["data.csv", *parts]:
        assert part in sentence


def test_no_such_file_a_folder_and_a_forbidden_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.csv.*dataset\.path.*does not exist"):
        read_csv(str(tmp_path / "nothing.csv"), "y")
    with pytest.raises(InputError, match="is a folder or device"):
        read_csv(str(tmp_path), "y")


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "data.csv").write_text("a,y\n1,0\n")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match=r"data\.csv.*cannot be read: Permission denied"):
        read_csv(str(tmp_path / "data.csv"), "y")


def test_an_oversized_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    with path.open("wb") as file:
        file.truncate(300_000_000)  # sparse: takes no room on the disk
    with pytest.raises(InputError, match="at most 200 MB, but has 300"):
        read_csv(str(path), "y")


def test_a_changed_file_has_another_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    options = DatasetOptions(name="csv", train=2, test=2, path=str(path), label="y")
    path.write_text("a,y\n1,0\n2,1\n")
    before = fingerprint(options)
    path.write_text("a,y\n1,0\n3,1\n")
    assert before != fingerprint(options)
    path.write_text("a,y\n1,0\n2,1\n")
    assert before == fingerprint(options)


def test_too_few_rows_says_how_many_there_are(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,y\n" + "1,0\n2,1\n" * 3)
    options = DatasetOptions(name="csv", train=5, test=4, path=str(path), label="y")
    with pytest.raises(InputError, match=r"at most 6.*data\.csv has \(0: 3, 1: 3\).*5 \+ 4 = 9"):
        load_split(options, 0)
