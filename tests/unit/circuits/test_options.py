"""The model's options: defaults, and a sentence for each wrong value."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from nisqdl.circuits.options import AnsatzOptions, ModelOptions


def test_defaults():
    options = ModelOptions()
    assert options.feature_map.name == "angle"
    assert not options.feature_map.reupload
    assert options.ansatz.name == "real_amplitudes"
    assert options.ansatz.gate == "cx"
    assert options.entangler == "linear"
    assert options.observables is None


def test_the_ansatzs_own_entangler_is_written_out():
    own = ModelOptions(ansatz={"name": "strongly_entangling"})
    assert own.entangler == "strided_ring"
    assert own.model_dump()["entangler"] == "strided_ring"
    built = ModelOptions(ansatz=AnsatzOptions(name="strongly_entangling"))
    assert built == own
    named = ModelOptions(ansatz={"name": "strongly_entangling"}, entangler="full")
    assert named.entangler == "full"


def test_options_survive_the_way_through_json():
    options = ModelOptions(
        ansatz={"name": "two_local", "rotations": ["rx", "rz"], "depth": 3, "gate": "cz"},
        observables=["Z0", "Z1"],
    )
    assert ModelOptions.model_validate_json(options.model_dump_json()) == options


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"feature_map": {"name": "angel"}}, "feature_map.name", "Did you mean 'angle'?"),
        ({"ansatz": {"name": "real_amplitude"}}, "ansatz.name", "Did you mean 'real_amplitudes'?"),
        ({"ansatz": {"name": "nothing"}}, "ansatz.name", "Valid names: efficient_su2"),
        ({"entangler": "ful"}, "entangler", "Did you mean 'full'?"),
        ({"entangler": None}, "entangler", "valid string"),
        ({"ansatz": {"gate": "cy"}}, "ansatz.gate", "should be 'cx' or 'cz'"),
        ({"ansatz": {"depth": 0}}, "ansatz.depth", "greater than or equal to 1"),
        ({"ansatz": {"depth": 1001}}, "ansatz.depth", "less than or equal to 1000"),
        ({"ansatz": {"depth": True}}, "ansatz.depth", "valid integer"),
        ({"ansatz": {"depth": 1.5}}, "ansatz.depth", "valid integer"),
        ({"ansatz": {"layers": 2}}, "ansatz.layers", "not permitted"),
        ({"ansatz": {"rotations": ["rx"]}}, "ansatz.rotations", "choose two_local"),
        (
            {"ansatz": {"name": "two_local", "rotations": ["rx", "ru"]}},
            "ansatz.rotations.1",
            "should be 'rx', 'ry' or 'rz'",
        ),
        ({"ansatz": {"name": "two_local", "rotations": []}}, "ansatz.rotations", "at least 1"),
        ({"feature_map": {"reupload": "yes"}}, "feature_map.reupload", "valid boolean"),
        ({"feature_map": {"repetitions": 0}}, "feature_map.repetitions", "greater than or equal"),
        ({"observables": []}, "observables", "at least 1"),
    ],
)
def test_wrong_values_name_the_field_and_what_would_do(given, field, sentence):
    with pytest.raises(ValidationError) as caught:
        ModelOptions.model_validate(given)
    (error,) = caught.value.errors()
    assert ".".join(map(str, error["loc"])) == field
    assert sentence in error["msg"]
