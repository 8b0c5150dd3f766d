"""What is said of circuits that grow layer by layer, from made-up runs of known variances."""

from __future__ import annotations

from typing import Any

import pytest

from nisqdl.analysis.plateau_cells import PHASE, QUBITS
from nisqdl.analysis.plateau_growth import growth_verdict, widest_growths
from nisqdl.analysis.plateaus import plateaus
from nisqdl.analysis.trainability import ways


@pytest.fixture(scope="module")
def grown(synthetic_plateaus: Any) -> Any:
    return plateaus(
        synthetic_plateaus(observables=("mean_z",), entanglers=("linear",), phases=True).records
    )


def test_every_phase_is_in_the_growth_and_its_ends_stand_beside_other_starts(grown: Any) -> None:
    assert [growth.x() for growth in grown.growths] == [list(range(1, 9))] * 10
    phases = [cell.settings.get(PHASE) for cell in grown.cells]
    assert phases.count("first phase") == phases.count("last phase") == 10
    assert len(grown.cells) == 5 * 5 * 2 + 20
    titles = {grown.title(curve.last) for curve in grown.over_qubits}
    assert "L = 8, layerwise, last phase, λ = 0" in titles


def test_values_of_phases_are_those_of_their_records(grown: Any) -> None:
    told = widest_growths(grown.growths)
    assert {growth.last.settings[QUBITS] for growth in told} == {10}
    quiet = next(growth for growth in told if growth.last.settings["noise.scale"] == 0)
    assert [cell.value for cell in quiet.cells] == [2.0**-layers for layers in range(1, 9)]
    assert quiet.whole.value == 2.0**-10


def test_the_sentence_has_both_ends_with_their_ratios_to_the_whole_circuit(grown: Any) -> None:
    told = growth_verdict(grown.growths, True)
    assert told.sentence.startswith("Grown layer by layer at 10 qubits: with torino, λ = 0 the ")
    # 2⁻¹ / 2⁻¹⁰ = 512 and 2⁻⁸ / 2⁻¹⁰ = 4; Pauli paths are exact, samples 2 % apart: ± 3.9 %.
    assert (
        "from 0.5 in the first phase to 0.00391 in the last of 8, × 512 (492 to 532) and × 4.00 "
        "(3.85 to 4.16) of the whole circuit's at uniform angles; with torino, λ = 1"
    ) in told.sentence
    assert growth_verdict(grown.growths, False) is None


def test_it_is_named_instead_only_if_all_its_ends_are_trainable(synthetic_plateaus: Any) -> None:
    run = synthetic_plateaus(
        qubits=(24, 28), depths=(1, 8), observables=("mean_z",), entanglers=("linear",),
        scales=(0.0,), phases=True,
    )  # fmt: skip
    found = plateaus(run.records)
    (whole,) = (way for way in ways(found.cells) if PHASE not in way.cell.settings)
    assert whole.answer == "not trainable"
    assert whole.instead is not None
    assert whole.instead[1] == "initialisation"
    for record in run.records:
        if record.point.settings.get("grown") == 8:
            record.values.update(var_grad_mean=1e-9, var_grad_mean_stderr=1e-11)
    (whole,) = (way for way in ways(plateaus(run.records).cells) if PHASE not in way.cell.settings)
    assert whole.instead is None


def test_without_layers_by_layers_nothing_is_said(synthetic_plateaus: Any) -> None:
    found = plateaus(synthetic_plateaus().records)
    assert found.growths == ()
    assert growth_verdict(found.growths, True) is None
