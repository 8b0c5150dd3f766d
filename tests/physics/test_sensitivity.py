"""Slopes by the noise scale against closed forms and against parameter-free differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from nisqdl.circuits.model import Model
from nisqdl.engines import find_engine
from nisqdl.engines.sensitivity import noise_slope
from nisqdl.errors import InputError
from nisqdl.noise.channels import GateNoise, NoiseChannels, Readout


def _chain(layers: int) -> Model:
    weight = Parameter("w")
    circuit = QuantumCircuit(2)
    for _ in range(layers):
        circuit.sx(0)
        circuit.sx(0)
        circuit.cz(0, 1)
    circuit.rz(weight, 0)
    return Model(circuit, (), (weight,), (SparsePauliOp("IZ"),))


@pytest.mark.parametrize("name", ["exact", "aer"])
@settings(max_examples=8, deadline=None)
@given(
    scale=st.just(0.0) | st.floats(0.0, 3.0),
    p=st.floats(1e-4, 0.05),
    readout=st.floats(0.0, 0.05),
    layers=st.integers(1, 4),
)
def test_depolarizing_and_readout_have_their_closed_form(
    name: str, scale: float, p: float, readout: float, layers: int
) -> None:
    """⟨Z⟩ = ±(1 − pλ)^(3L) (1 − 2rλ): each of three gates a layer damps by 1 − pλ."""

    def noise_at(strength: float) -> NoiseChannels:
        damping = GateNoise(depolarizing=p * strength)
        return NoiseChannels(
            "test",
            {("sx", (0,)): damping, ("cz", (0, 1)): damping},
            {},
            {0: Readout(readout * strength, readout * strength)},
        )

    found = noise_slope(
        find_engine(name), _chain(layers), noise_at, scale, np.zeros((1, 0)), np.zeros(1)
    )
    damped, read = 1 - p * scale, 1 - 2 * readout * scale
    slope = -3 * layers * p * damped ** (3 * layers - 1) * read
    slope -= 2 * readout * damped ** (3 * layers)
    sign = (-1) ** layers
    np.testing.assert_allclose(found, [[sign * slope]], atol=5e-8 if name == "exact" else 5e-6)


def test_a_negative_scale_is_refused() -> None:
    with pytest.raises(InputError, match="at least 0"):
        noise_slope(
            find_engine("exact"), _chain(1), lambda _: NoiseChannels(), -1.0, np.zeros((1, 0)),
            np.zeros(1),
        )  # fmt: skip
