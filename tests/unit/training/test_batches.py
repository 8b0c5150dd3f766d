"""Mini-batches cover every epoch; held-out samples are apart from the others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.errors import InputError
from nisqdl.training.batches import Batches, hold_out


@settings(deadline=None, max_examples=60)
@given(count=st.integers(1, 90), size=st.integers(1, 100), seed=st.integers(0, 2**40))
def test_each_sample_is_seen_once_an_epoch_in_even_batches(
    count: int, size: int, seed: int
) -> None:
    batches = Batches(count, size, seed)
    for epoch in range(3):
        steps = range(epoch * batches.per_epoch, (epoch + 1) * batches.per_epoch)
        found = [batches.at(step) for step in steps]
        shown = [np.arange(count) if batch is None else batch for batch in found]
        assert sorted(np.concatenate(shown).tolist()) == list(range(count))
        sizes = [len(batch) for batch in shown]
        assert max(sizes) <= size or size >= count
        assert max(sizes) - min(sizes) <= 1
        assert max(sizes) == batches.largest
    assert batches.per_epoch == -(-count // min(size, count))


def test_a_step_sees_the_same_samples_in_whatever_order_steps_are_asked_for() -> None:
    forward = [Batches(20, 6, 5).at(step) for step in range(12)]
    one = Batches(20, 6, 5)
    backward = [one.at(step) for step in reversed(range(12))][::-1]
    for left, right in zip(forward, backward, strict=True):
        assert left is not None
        assert right is not None
        assert left.tolist() == right.tolist()


def test_epochs_and_seeds_shuffle_differently() -> None:
    def epoch(seed: int, number: int) -> list[int]:
        batches = Batches(40, 20, seed)
        parts = [batches.at(2 * number + place) for place in range(2)]
        return [int(i) for part in parts if part is not None for i in part]

    assert epoch(1, 0) != epoch(1, 1)
    assert epoch(1, 0) != epoch(2, 0)


@settings(deadline=None, max_examples=40)
@given(
    sizes=st.lists(st.integers(2, 40), min_size=1, max_size=4),
    fraction=st.floats(0.01, 0.5),
    seed=st.integers(0, 2**40),
)
def test_each_class_gives_its_share_to_validation(
    sizes: list[int], fraction: float, seed: int
) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    kept, held = hold_out(labels, fraction, seed)
    assert sorted([*kept.tolist(), *held.tolist()]) == list(range(len(labels)))
    for label, size in enumerate(sizes):
        assert (labels[held] == label).sum() == max(1, round(fraction * size))


def test_a_class_that_would_be_held_out_as_a_whole_is_named() -> None:
    with pytest.raises(InputError, match=r"training.validation.*class 1"):
        hold_out(np.array([0, 0, 0, 1]), 0.2, 0)
