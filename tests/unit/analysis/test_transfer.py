"""What is said of a transfer run: planted effects are found where they are, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from nisqdl.analysis.transfer import NO_NOISE, Question, questions
from nisqdl.analysis.transfer_verdict import transfer_verdicts
from nisqdl.errors import InputError, TooEarlyError
from nisqdl.store.record import Point, Record

DEVICES, SCALES = ("torino", "manila", "berlin"), (1.0, 4.0)


def made(
    seeds: int = 8,
    home: float = 0.0,
    away: float = 0.0,
    off_scale: float = 0.0,
    only: str | None = None,
    salt: int = 0,
    devices: tuple[str, ...] = DEVICES,
    off_date: float = 0.0,
) -> list[Record]:
    """Records in which training under noise gains so much at home, away, at another λ or date."""
    rng = np.random.default_rng(salt)
    places = [(d, s) for d in devices for s in SCALES]
    records = []
    for trained in ((NO_NOISE, 0.0), *places):
        for tested in places:
            if trained[0] not in (NO_NOISE, tested[0]) and trained[1] != tested[1]:
                continue
            gain = 0.0
            if trained[0] != NO_NOISE and only in (None, trained[0]):
                gain = home if trained == tested else away
                if trained[0] == tested[0] and trained[1] != tested[1]:
                    gain = off_scale
                if trained[0] != tested[0] and trained[0][:3] == tested[0][:3]:
                    gain = off_date
            for seed in range(seeds):
                settings = {
                    "trained_on": trained[0], "trained_scale": trained[1], "target": tested[0],
                    "noise.scale": tested[1], "dataset.name": "wine", "seed": seed,
                    "training.noise": "ideal" if trained[0] == NO_NOISE else "target",
                }  # fmt: skip
                value = 0.7 + gain + rng.normal(0, 0.01)
                values = {"accuracy": value, "loss": 1 - value}
                records.append(Record(Point("transfer", settings), values, {}, 0.0))
    return records


def said(records: list[Record]) -> dict[str, str]:
    return {v.topic: v.sentence for v in transfer_verdicts(questions(records))}


def test_false_findings_are_rare() -> None:
    """Nothing was planted: each topic's intervals hold jointly at 95 %, so that of 200 runs
    fewer than 22 say something (99.9 % confidence)."""
    wrong: dict[str, int] = {}
    for salt in range(200):
        for topic, sentence in said(made(salt=salt)).items():
            wrong[topic] = wrong.get(topic, 0) + ("shown to" in sentence)
    assert max(wrong.values()) < 22
    assert sum(wrong.values()) > 0


@pytest.mark.parametrize("sign", [1, -1])
def test_planted_effects_are_found(sign: int) -> None:
    told = said(made(home=sign * 0.15, away=sign * 0.05, off_scale=sign * 0.02))
    help_or_hurt = "help" if sign > 0 else "hurt"
    assert f"shown to {help_or_hurt} on that device by 0.1" in told["At home"]
    assert f"shown to {help_or_hurt} on the others by 0.0" in told["Elsewhere"]
    better, worse = ("better", "worse") if sign > 0 else ("worse", "better")
    assert f"shown to be {better} to train under the very device" in told["Which device's noise"]
    assert f"of the test was shown to be {worse}" in told["Another λ"]
    assert f"shown to {help_or_hurt}" in told["Loss at home"]


def test_one_device_among_many_is_named() -> None:
    told = said(made(home=0.15, only="manila"))
    sentence = told["Device by device"]
    assert "help by 0.1" in sentence
    assert "(manila, λ = 1)" in sentence
    assert "(manila, λ = 4)" in sentence
    assert "torino" not in sentence
    assert "no difference was shown at 4 of 6 places" in sentence


def test_numbers_are_those_of_the_records() -> None:
    records = made(home=0.1, away=-0.02, seeds=5)
    (found,) = questions(records, ["manila"])
    assert isinstance(found, Question)
    assert found.devices == ("manila", "torino", "berlin")
    assert found.scales == SCALES
    table = {
        (r.point.settings["trained_on"], r.point.settings["trained_scale"],
         r.point.settings["target"], r.point.settings["noise.scale"],
         r.point.settings["seed"]): r.values["accuracy"]
        for r in records
    }  # fmt: skip
    without = {(d, s): [table[NO_NOISE, 0.0, d, 4.0, s] for s in range(5)]
               for d in DEVICES for s in (4.0,)}  # fmt: skip
    home = [np.mean([table[d, 4.0, d, 4.0, s] - without[d, 4.0][s] for d in DEVICES])
            for s in range(5)]  # fmt: skip
    estimate = found.at_home(4.0)
    assert estimate is not None
    assert (estimate.mean, estimate.n) == (pytest.approx(np.mean(home)), 5)
    away = [
        np.mean(
            [table[a, 4.0, b, 4.0, s] - without[b, 4.0][s] for a in DEVICES for b in DEVICES
             if a != b]
        )
        for s in range(5)
    ]  # fmt: skip
    elsewhere = found.elsewhere(4.0)
    assert elsewhere is not None
    assert elsewhere.mean == pytest.approx(np.mean(away))
    assert elsewhere.spread == pytest.approx(np.std(away, ddof=1))
    other = found.other_scale(1.0, 4.0)
    assert other is not None
    assert other.mean == pytest.approx(
        np.mean([table[d, 1.0, d, 4.0, s] - table[d, 4.0, d, 4.0, s]
                 for d in DEVICES for s in range(5)])
    )  # fmt: skip


def test_what_did_not_run_yet_is_left_out() -> None:
    records = [r for r in made(home=0.1) if r.point.settings["target"] != "berlin"]
    assert "help" in said(records)["At home"]
    ideal = [r for r in records if r.point.settings["trained_on"] == NO_NOISE]
    for nothing in (ideal, []):
        with pytest.raises(TooEarlyError, match="nothing that was trained under noise"):
            questions(nothing)


def test_one_device_has_no_elsewhere() -> None:
    records = [
        r for r in made(home=0.1)
        if r.point.settings["trained_on"] in (NO_NOISE, "torino")
        and r.point.settings["target"] == "torino"
    ]  # fmt: skip
    told = said(records)
    assert "Elsewhere" not in told
    assert "Which device's noise" not in told
    assert "At home" in told


def test_ways_to_train_under_noise_are_questions_that_share_training_without() -> None:
    exact = made(home=0.2, seeds=4)
    other = [
        Record(Point("transfer", {**r.point.settings, "training.noise": "injected"}), r.values,
               {}, 0.0)
        for r in made(home=0.1, seeds=4, salt=1)
        if r.point.settings["trained_on"] != NO_NOISE
    ]  # fmt: skip
    found = questions([*other, *exact])
    assert [q.title for q in found] == ["noise injected", "noise target"]
    gains = [q.at_home(1.0) for q in found]
    assert all(gain is not None for gain in gains)
    assert gains[0].mean == pytest.approx(0.1, abs=0.02)
    assert gains[1].mean == pytest.approx(0.2, abs=0.02)
    with pytest.raises(InputError, match="cannot be told apart"):
        questions([*exact, exact[-1]])


@pytest.mark.parametrize("sign", [1, -1])
def test_another_date_of_a_device_is_told_from_another_device(sign: int) -> None:
    devices = ("torino@2024-02-28", "torino@2025-02-26", "manila")
    found = said(made(devices=devices, off_date=0.1 * sign))
    words = "better" if sign > 0 else "worse"
    assert f"of another date was shown to be {words} than" in found["Another date"]
    (question,) = questions(made(devices=devices, off_date=0.1 * sign))
    gain = question.other_date(1.0)
    assert gain is not None
    assert gain.mean == pytest.approx(0.1 * sign, abs=0.02)
    quiet = said(made(devices=devices))
    assert quiet["Another date"].startswith(
        "No difference between a device's noise of another date"
    )
    assert "Another date" not in said(made())
