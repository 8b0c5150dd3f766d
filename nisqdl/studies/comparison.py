"""Is a quantum model better than classical ones, with the same data and the same tuning budget?

Points are learners and splits. Every learner sees the same rows of a split, tries the same number
of candidates of its search space on the same folds of the training rows, and is scored once on the
test rows. Each quantum model's separable control is always in.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from nisqdl.baselines.contender import IMAGE
from nisqdl.baselines.contenders import CONTENDERS
from nisqdl.datasets import DATASETS
from nisqdl.errors import InputError
from nisqdl.store.record import Json, Point, content_hash
from nisqdl.studies.comparison_options import ComparisonOptions, has_images
from nisqdl.studies.contract import Cost, Outcome, Step
from nisqdl.studies.data import data_identity, data_shape, dataset_options, describe_data
from nisqdl.studies.named import device_named, recipe_hash, snapshot_of
from nisqdl.studies.settings import flatten
from nisqdl.targets.summary import device_summary

SIZE_OF = "size_of"
"""The setting of a learner of equal size that says which quantum model's size it has: all settings
of that model by which its points differ from the learner's."""


class Comparison:
    """The study ``comparison``."""

    name = "comparison"
    summary = "quantum models against classical ones on the same splits with the same budget"
    Options: type[BaseModel] = ComparisonOptions

    def points(self, combinations: Sequence[BaseModel]) -> list[Point]:
        """Each quantum model, its control and each classical learner, on each split."""
        points: dict[str, Point] = {}
        for options in combinations:
            if not isinstance(options, ComparisonOptions):
                continue
            for learner in _learners(options):
                for split in range(options.splits):
                    settings = {**_shared(options), **learner, "seed": split}
                    point = Point(self.name, settings)
                    points.setdefault(point.id, point)
        return list(points.values())

    def steps(self, points: Sequence[Point]) -> list[Step]:
        """For each point one that tunes, then one that fits and scores.

        A learner of equal size needs what tuning chose for its quantum model on the same split.
        """
        steps: dict[str, Step] = {}
        for point in points:
            settings = point.settings
            needs: tuple[str, ...] = ()
            if SIZE_OF in settings:
                model = self._tune({**_without_size(settings), **settings[SIZE_OF]})
                steps.setdefault(model.key, model)
                needs = (model.key,)
            tune = self._tune(settings, needs)
            steps.setdefault(tune.key, tune)
            compete = Step(
                self.name, "compete", settings, (tune.key, *needs), (point,), _title(settings)
            )
            steps[compete.key] = compete
        return list(steps.values())

    def _tune(self, settings: Mapping[str, Json], needs: tuple[str, ...] = ()) -> Step:
        return Step(self.name, "tune", settings, needs, title=f"tune {_title(settings)}")

    def perform(self, step: Step, artifacts: Mapping[str, bytes]) -> Outcome:
        """Tune, or fit and score; see :mod:`nisqdl.studies.contest`."""
        from nisqdl.studies.contest import Tuned, compete, tune

        before = [Tuned.from_bytes(artifacts[key]) for key in step.needs]
        if step.kind == "tune":
            return Outcome(artifact=tune(step.settings, *before).to_bytes())
        return Outcome(records=tuple(compete(point, *before) for point in step.points))

    def context(self, points: Sequence[Point]) -> Json:
        """The data sets, and the device where there is one."""
        targets = dict.fromkeys(
            str(p.settings["backend"]) for p in points if p.settings["backend"] is not None
        )
        return {
            "devices": [{"target": t, **device_summary(device_named(t))} for t in targets],
            "datasets": describe_data(
                list(dict.fromkeys(dataset_options(p.settings) for p in points)),
                points[0].settings["root_seed"],
            ),
        }

    def plan_rows(self, points: Sequence[Point], artifacts: Mapping[str, bytes]) -> list[Json]:
        """The learners with their budgets."""
        from nisqdl.studies.contest import all_candidates

        rows: dict[str, Json] = {}
        for point in points:
            possible = len(all_candidates(point.settings["search"]))
            rows.setdefault(
                str(point.settings["learner"]),
                {
                    "learner": point.settings["learner"],
                    "kind": point.settings["kind"],
                    "candidates": min(possible, point.settings["tuning.candidates"]),
                    "of": possible,
                },
            )
        return list(rows.values())

    def cost(self, step: Step, artifacts: Mapping[str, bytes]) -> Cost:
        """Estimated from one fit with the first candidate."""
        from nisqdl.studies.contest import drawn_candidates, timed_fit

        settings = step.settings
        fits = 1
        if step.kind == "tune":
            candidates = len(drawn_candidates(settings))
            fits = candidates * settings["tuning.folds"] if candidates > 1 else 0
        timed_fit(settings)  # the first one may compile
        started = time.perf_counter()
        timed_fit(settings)
        return Cost(seconds=fits * (time.perf_counter() - started), memory_mib=200)


def _title(settings: Mapping[str, Json]) -> str:
    return f"{settings['learner']}, split {settings['seed']}"


def _without_size(settings: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in settings.items() if name != SIZE_OF}


def _shared(options: ComparisonOptions) -> dict[str, Json]:
    """Settings that all learners of a combination have."""
    document = options.model_dump(
        mode="json", exclude={"quantum", "classical", "splits", "backend", "noise", "noise_scale"}
    )
    settings = {**flatten(document), "data": data_identity(options.dataset)}
    noisy = {"backend": options.backend, "noise": options.noise, "scale": options.noise_scale}
    return {**settings, "contest": content_hash({**settings, **noisy})}


def _learners(options: ComparisonOptions) -> list[dict[str, Json]]:
    """Settings of each learner."""
    place: dict[str, Json] = {"backend": None, "noise": None, "noise_scale": None}
    if options.backend is not None:
        recipe = options.noise or "calibrated"
        place = {
            "backend": options.backend,
            "noise": recipe,
            "noise_scale": options.noise_scale,
            "snapshot": snapshot_of(options.backend),
            "recipe": recipe_hash(recipe),
        }
    found: list[dict[str, Json]] = []
    for entry in options.quantum:
        shared = {"model": entry.model, "search": _as_lists(entry.search), **place}
        found.append({"learner": entry.title, "kind": "quantum", **shared})
        if entry.control:
            found.append(
                {
                    "learner": f"{entry.title} (separable)",
                    "kind": "control",
                    "control_of": entry.title,
                    **shared,
                }
            )
    for one in options.classical:
        contender = CONTENDERS[one.model]
        search = contender.search if one.search is None else one.search
        if contender.for_images or (contender.equal_size and has_images(options.dataset)):
            image = DATASETS[options.dataset.name].image
            search = {**search, IMAGE: (None if image is None else list(image),)}
        settings = {
            "learner": one.model,
            "kind": "classical",
            "model": one.model,
            "search": _as_lists(search),
            "backend": None,
        }
        if contender.equal_size:
            settings[SIZE_OF] = found[0]  # the first quantum model
        found.append(settings)
    _check_width(options)
    return found


def _check_width(options: ComparisonOptions) -> None:
    """That the device has as many qubits as there are features, the most that a model takes."""
    if options.backend is None:
        return
    features = data_shape(options.dataset).features
    device = device_named(options.backend)
    if features > device.num_qubits:
        raise InputError(
            f"backend: {options.backend} has {device.num_qubits} qubits, but the data have "
            f"{features} features, each a qubit in some models: keep fewer (dataset.features)."
        )


def _as_lists(search: Mapping[str, Sequence[Json]]) -> dict[str, Json]:
    return {name: list(search[name]) for name in sorted(search)}
