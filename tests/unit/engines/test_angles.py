"""Angles against Qiskit's own binding and against central differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from qiskit.circuit import Parameter, ParameterVector

from nisqdl.engines.angles import compile_angles
from nisqdl.errors import InputError

X = ParameterVector("x", 3)
W = ParameterVector("w", 4)


@st.composite
def expressions(draw, depth=3):
    """Random expressions whose values and derivatives exist for positive parameters."""
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from([*X, *W]))
    kind = draw(
        st.sampled_from(["+", "-", "*", "/", "c+", "c-", "-c", "c*", "/c", "c/", "f", "**"])
    )
    a = draw(expressions(depth=depth - 1))
    c = draw(st.sampled_from([-2, 0.5, 3.25, np.pi]))
    if kind in "+-*/":
        b = draw(expressions(depth=depth - 1))
        return {"+": a + b, "-": a - b, "*": a * b, "/": a / (b * b + 1)}[kind]
    if kind == "f":
        functions = [a.sin(), a.cos(), a.arctan(), (a / 50).exp(), abs(a), (a * a + 1).log(), -a]
        # By index: sampled_from would hash the expressions, which Qiskit cannot always.
        return functions[draw(st.integers(0, len(functions) - 1))]
    return {
        "c+": c + a, "c-": c - a, "-c": a - c, "c*": c * a, "/c": a / c, "**": a**2,
        "c/": c / (a * a + 0.5),
    }[kind]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(expressions(), min_size=1, max_size=5), st.integers(0, 2**31))
def test_values_and_derivatives(members, seed):
    rng = np.random.default_rng(seed)
    features, weights = rng.uniform(0.2, 1.5, (3, 3)), rng.uniform(0.2, 1.5, 4)
    angles = compile_angles(members, X, W)
    assert angles.num_angles == len(members)

    def bound(features, weights):
        rows = []
        for e in members:
            free = e.parameters
            rows.append([])
            for sample in features:
                values = {**dict(zip(X, sample, strict=True)), **dict(zip(W, weights, strict=True))}
                rows[-1].append(e.bind({p: v for p, v in values.items() if p in free}).numeric())
        return np.array(rows, dtype=float)

    try:
        expected = bound(features, weights)
    except OverflowError:  # towers of squares: Qiskit itself has no number for them
        reject()
    assume(np.abs(expected).max() < 1e6)  # else differences say nothing about slopes
    np.testing.assert_allclose(angles.evaluate(features, weights), expected, rtol=1e-12, atol=1e-12)
    for row, e in enumerate(members):
        if row in angles.sampled_rows:
            assert any(p in e.parameters for p in X)
        else:  # free of features, or they cancel: x − x keeps its parameter in Qiskit
            np.testing.assert_allclose(expected[row], expected[row, 0], rtol=1e-12)

    cotangents = rng.normal(size=expected.shape)
    d_weights, d_features = angles.pullback(features, weights, cotangents)
    step = 1e-6
    for j in range(4):
        shift = step * np.eye(4)[j]
        slope = (bound(features, weights + shift) - bound(features, weights - shift)) / (2 * step)
        reference = (cotangents * slope).sum(0)
        np.testing.assert_allclose(d_weights[:, j], reference, rtol=1e-4, atol=1e-4)
    for j in range(3):
        shift = step * np.eye(3)[j]
        slope = (bound(features + shift, weights) - bound(features - shift, weights)) / (2 * step)
        reference = (cotangents * slope).sum(0)
        np.testing.assert_allclose(d_features[:, j], reference, rtol=1e-4, atol=1e-4)

    shared = angles.pullback_shared(weights, cotangents[angles.shared_rows].sum(1))
    sampled, _ = angles.pullback_sampled(features, weights, cotangents[angles.sampled_rows])
    np.testing.assert_allclose(shared + sampled.sum(0), d_weights.sum(0), rtol=1e-9, atol=1e-9)


def test_affine_angles_need_no_tape():
    angles = compile_angles([2 * X[0] + 1, W[0] - W[1] / 2, X[1] + W[2], 0.25], X, W)
    assert not angles._shared.groups
    assert not angles._sampled.groups


def test_a_parameter_that_cancels_may_stay_in_qiskits_record():
    angles = compile_angles([X[0] - X[0] + W[1]], X, W)
    values = angles.evaluate(np.ones((2, 3)), np.arange(4.0))
    np.testing.assert_array_equal(values, [[1.0, 1.0]])


def test_alike_formulas_share_one_tape():
    zz = [2 * (np.pi - X[i]) * (np.pi - X[j]) for i in range(3) for j in range(i)]
    angles = compile_angles([*zz, X[0] * W[0], X[2] * W[3]], X, W)
    assert len(angles._sampled.groups) == 2


def test_a_stranger_among_the_parameters_is_refused():
    with pytest.raises(InputError, match="'y' must be one of the model's features or weights"):
        compile_angles([2 * Parameter("y")], X, W)
