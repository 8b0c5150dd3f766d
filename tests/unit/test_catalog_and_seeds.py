"""Names, shipped folders and seeds."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nisqdl.catalog import Table, shipped_folder
from nisqdl.errors import InputError
from nisqdl.seeds import derive, generator

_PURPOSE = st.lists(st.text() | st.integers(), max_size=3)


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    table = Table("ansatz", {"real_amplitudes": 1, "efficient_su2": 2})
    with pytest.raises(InputError) as fault:
        table.find("efficientsu2", where="file.yaml: model")
    assert "Did you mean 'efficient_su2'?" in str(fault.value)
    assert "(file.yaml: model)" in str(fault.value)
    assert "real_amplitudes" in str(fault.value)


@pytest.mark.parametrize("kind", ["backends", "noise_models", "experiments"])
def test_the_shipped_folders_are_there_and_full(kind: str) -> None:
    assert any(shipped_folder(kind).iterdir())


@given(root=st.integers(), one=_PURPOSE, other=_PURPOSE)
def test_seeds_depend_on_the_root_and_the_purpose_alone(
    root: int, one: list[str | int], other: list[str | int]
) -> None:
    assert 0 <= derive(root, *one) < 2**63
    assert derive(root, *one) == derive(root, *one)
    assert (derive(root, *one) == derive(root, *other)) == (one == other)
    assert derive(root, *one) != derive(root + 1, *one)


def test_seeds_are_the_same_in_another_process() -> None:
    code = "from nisqdl.seeds import generator; print(generator(3, 'split', 1).integers(2**40))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(told.stdout) == generator(3, "split", 1).integers(2**40)
