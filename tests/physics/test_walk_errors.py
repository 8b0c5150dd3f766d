"""Stated errors of guided walks against exact values where walks are uneven: wide, global, deep.

The cases and their oracles are those of ``benchmarks/coverage.py``, which measures them over more
seeds; the oracle of lines, in ``benchmarks/lines.py``, is held against the exact chain first.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

import nisqdl
from benchmarks.coverage import CASES, fewest, measured
from benchmarks.lines import depolarizing, log_moment, lowered_of, moment, on_a_line
from nisqdl.engines.pauli_paths.sampling import walk_moments
from nisqdl.engines.pauli_paths.spread import reaching_up, relative_errors, student


@pytest.mark.parametrize(("gate", "rate"), [("cx", 0.0), ("cz", 0.02)])
@pytest.mark.parametrize("label", ["ZZZZZZ", "IXZIII"])
def test_the_oracle_is_the_exact_chain(gate, rate, label) -> None:
    circuit = on_a_line(6, 3, gate)
    noise = depolarizing(circuit, rate) if rate else None
    exact = nisqdl.gradient_variance(circuit, label, noise_model=noise)
    lowered = lowered_of(circuit, label, noise)
    assert math.exp(log_moment(lowered)) == pytest.approx(exact.second_moment, rel=1e-10)
    for number, step in list(enumerate(lowered.steps))[::5]:
        for row, factor in step.derivatives:
            slope = log_moment(lowered, number)
            found = factor * math.exp(slope) if slope > -math.inf else 0.0
            assert found == pytest.approx(exact.gradient[row], rel=1e-10, abs=0)


def test_the_oracle_of_a_sum_is_the_exact_chain() -> None:
    circuit = on_a_line(6, 3, "cz", brick=True)
    noise = depolarizing(circuit, (0.0, 0.1, 0.02, 0.0, 0.05))
    label = [("ZIIIII", 0.5), ("IIZIII", 0.2), ("IXIIII", 0.7)]
    exact = nisqdl.gradient_variance(circuit, SparsePauliOp.from_list(label), noise_model=noise)
    lowered = lowered_of(circuit, SparsePauliOp.from_list(label), noise)
    assert moment(lowered) == pytest.approx(exact.second_moment, rel=1e-10)


SEEDS = {
    "global, noisy": 40,
    "global, deep": 60,
    "global, narrow angles": 20,
    "pair, narrow angles": 100,
    "pair, noisy": 100,
    "mean, uneven noise": 16,
    "eight qubits, all coupled": 100,
    "a device, few layers": 100,
}


def test_every_case_is_tested() -> None:
    assert SEEDS.keys() == CASES.keys()


@pytest.mark.slow
@pytest.mark.parametrize("title", list(CASES))
def test_intervals_hold_the_exact_value_over_seeds(title) -> None:
    """1.96 standard errors hold E[C²] and each single gradient as often as correct intervals of
    95 % do but for three standard deviations of the binomial distribution."""
    found = measured(CASES[title], SEEDS[title])
    for quantity in found:
        assert quantity.hits >= fewest(SEEDS[title]), quantity.name
    # Wide enough to hold, and no wider than makes sense.
    off = (found[0].values - found[0].exact) / found[0].errors
    assert np.sqrt(np.mean(np.square(off))) > 0.4


def test_the_fewest_hits_are_a_quantile_of_the_binomial_distribution() -> None:
    from scipy.stats import binom

    for seeds in (16, 20, 40, 60, 100, 200):
        assert 1e-3 < binom.cdf(fewest(seeds) - 1, seeds, 0.95) < 0.02
    assert fewest(200) == 181


def test_error_of_heavy_tails_is_that_of_a_log_normal_at_least() -> None:
    """Means of log-normal populations: the stated errors cover where the usual ones do not."""
    rng = np.random.default_rng(3)
    for scatter in (0.05, 0.5, 0.9):
        values = np.exp(rng.normal(-(scatter**2) / 2, scatter, (32, 2000)))
        reach = 1.96 * student(np.array(31.0)) * relative_errors(values) * values.mean(axis=0)
        covered = np.mean(np.abs(values.mean(axis=0) - 1.0) <= reach)
        assert 0.93 <= covered <= 0.999
    few = np.zeros((32, 1))
    few[:4] = 1.0
    assert relative_errors(few)[0] == pytest.approx(0.5, rel=0.1)  # four events
    assert relative_errors(np.ones((8, 2))).tolist() == [0.0, 0.0]
    assert relative_errors(np.zeros((8, 1))).tolist() == [0.0]
    assert relative_errors(np.ones((8, 2)), 0.3)[0] > 0.1  # others have scattered more


def test_errors_reach_up_as_far_as_a_factor() -> None:
    small, wide, open_ = reaching_up(np.array([0.01, 0.3, 5.0]))
    assert small == pytest.approx(0.01, rel=0.02)
    assert 1.0 + 1.96 * wide == pytest.approx(math.exp(1.96 * 0.3), rel=1e-3)
    assert 5.0 < open_ < 20.0
    assert reaching_up(np.zeros(1)) == 0.0


def test_the_fewest_walks_still_give_a_sum_with_its_error() -> None:
    lowered = lowered_of(on_a_line(30, 4), SparsePauliOp.from_sparse_list(
        [("Z", [qubit], 1 / 30) for qubit in range(30)], 30
    ))  # fmt: skip
    found = walk_moments(lowered, 1, seed=0, threads=1)
    assert abs(found.second - moment(lowered)) <= 5 * found.second_stderr
    assert 0 < found.squared_norm_stderr < np.inf
    assert found.squared_norm == pytest.approx(found.gradient.sum(), rel=1e-12)
