"""YAML documents: what is read, and what is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.document import MAX_BYTES, read_mapping
from nisqdl.errors import InputError

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_DOCUMENTS = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def _written(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "file.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


@settings(deadline=None, max_examples=100)
@given(document=st.dictionaries(st.text(), _DOCUMENTS, max_size=4))
def test_what_yaml_writes_is_read_again(
    document: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("yaml") / "file.yaml"

    class NoAliases(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    text = yaml.dump(document, Dumper=NoAliases)
    file.write_text(text, encoding="utf-8")
    assert read_mapping(file) == document


@pytest.mark.parametrize(
    ("text", "value"), [("1e-3", 1e-3), ("2E5", 2e5), ("1.5e+2", 150.0), ("-3e-1", -0.3)]
)
def test_scientific_notation_is_a_number(tmp_path: Path, text: str, value: float) -> None:
    assert read_mapping(_written(tmp_path, f"rate: {text}"))["rate"] == value


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("- 1\n- 2", "must hold a mapping"),
        ("", "is empty"),
        ("a: 1\na: 2", "line 2, column 1: the key 'a' is given twice"),
        ("a: {b: 1, b: 2}", "the key 'b' is given twice"),
        ("a: &x 1\nb: *x", "aliases"),
        ("a: [1, 2", "line 1"),
        ("a: !!python/object:os.system {}", "could not determine a constructor"),
        ("1: 2", "must be a word"),
        ("{[1]: 2}", "plain word"),
        (b"a: \xff\xfe", "not UTF-8"),
        ("a: " + "[" * 50 + "]" * 50, "nested deeper"),
        ("a: " + "[" * 100_000, "nested deeper"),
        ("a: " + "x" * MAX_BYTES, "bytes"),
        ("a: 1\x00", "file.yaml"),
    ],
)
def test_a_fault_is_one_sentence_with_the_file(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    file = _written(tmp_path, content)
    with pytest.raises(InputError) as fault:
        read_mapping(file)
    message = str(fault.value)
    assert said in message
    assert message.startswith(str(file))
    assert "\n" not in message


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_mapping(tmp_path / "nothing.yaml")
