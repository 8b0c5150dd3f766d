"""Recipes: shipped ones load, wrong ones are answered with one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from nisqdl.errors import InputError
from nisqdl.noise.options import NoiseOptions
from nisqdl.noise.recipe import ThermalRecipe, find_recipe, recipe_names

THERMAL = """
kind: thermal
description: A test.
source: Invented.
t1_us: 100
t2_us: 150
one_qubit_ns: 30
two_qubit_ns: 80
"""


@pytest.mark.parametrize("name", recipe_names())
def test_every_shipped_recipe_loads_and_says_where_it_comes_from(name: str) -> None:
    recipe = find_recipe(name)
    assert recipe.name == name
    assert recipe.description.endswith(".")
    assert len(recipe.source) > 10


def test_the_shipped_family_has_what_the_documents_name() -> None:
    assert {"ideal", "calibrated", "depolarizing", "thermal"} <= set(recipe_names())
    assert find_recipe("calibrated").channels == ("one_qubit", "two_qubit", "readout")


def test_only_idle_noise_needs_a_schedule() -> None:
    assert not find_recipe("calibrated").needs_schedule
    assert find_recipe("calibrated_idle").needs_schedule
    assert find_recipe("calibrated").restricted(("idle",)).needs_schedule
    assert not find_recipe("calibrated_idle").restricted(("readout",)).needs_schedule


def test_a_recipe_of_the_users_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(THERMAL)
    recipe = find_recipe(str(path))
    assert isinstance(recipe, ThermalRecipe)
    assert (recipe.name, recipe.t1_us, recipe.channels[0]) == ("mine", 100.0, "one_qubit")


def test_a_wrong_name_gets_the_nearest_one() -> None:
    with pytest.raises(InputError, match=r"noise\.yaml: noise\.recipe.*'calibrated'\?"):
        find_recipe("calibratd", "noise.yaml: noise.recipe")
    with pytest.raises(InputError, match=r"There is no noise recipe file no/such\.yaml"):
        find_recipe("no/such.yaml")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("t2_us: 150", "t2_us: 201"), "t2_us must be at most twice t1_us .100., but is 201"),
        (("t1_us: 100", "t1_us: -1"), "`t1_us` must be greater than 0, but is -1"),
        (("t1_us: 100", "t1_us: '100'"), "`t1_us` must be a valid number, but is '100'"),
        (("t1_us: 100", "t1_us: .inf"), "`t1_us`.*finite.*but is inf"),
        (("t1_us: 100\n", ""), "`t1_us` is missing"),
        (("t1_us: 100", "t1_ms: 100"), "no option named 't1_ms'.*Did you mean 't1_us'"),
        (("t1_us: 100", "t1_us: 100\nname: other"), "no option named 'name'"),
        (("t1_us: 100", "t1_us: 100\nt1_us: 1"), "given twice"),
        (("kind: thermal", "kind: termal"), "no kind of noise recipe.*'thermal'"),
        (("kind: thermal", "kind: [thermal]"), "no kind of noise recipe"),
        (("kind: thermal\n", ""), "`kind` is missing"),
        (("t1_us: 100", "t1_us: 100\nchannels: [idel]"), "has 'idel'"),
        (("t1_us: 100", "t1_us: 100\nchannels: [idle, idle]"), "'idle' twice"),
        (("t1_us: 100", "t1_us: 100\nreadout_p1_given_0: 0.6"), "less than or equal to 0.5"),
        (("A test.", "!!python/name:os.system"), "could not determine a constructor"),
    ],
)
def test_a_wrong_file_is_answered_with_one_sentence(
    tmp_path: Path, change: tuple[str, str], sentence: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(THERMAL.replace(*change))
    with pytest.raises(InputError, match=sentence) as caught:
        find_recipe(str(path))
    assert "mine.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_channels_without_numbers_are_refused_and_ideal_stays_ideal() -> None:
    with pytest.raises(InputError, match=r"'depolarizing'.*has 'idle'.*noise.yaml"):
        find_recipe("depolarizing").restricted(("idle",), "noise.yaml: noise.channels")
    assert find_recipe("ideal").restricted(("readout",)).channels == ()


def test_options_have_defaults_and_forbid_what_is_wrong() -> None:
    assert NoiseOptions() == NoiseOptions(recipe="calibrated", scale=1.0, channels=None)
    for wrong in (
        {"scale": -1},
        {"scale": float("inf")},
        {"scale": float("nan")},
        {"strength": 1},
        {"channels": ["crosstalk"]},
    ):
        with pytest.raises(ValueError, match="1 validation error"):
            NoiseOptions.model_validate(wrong)
