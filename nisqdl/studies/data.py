"""The data of a point: options, identity and split, kept in the process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from nisqdl.baselines.baseline import Shape
from nisqdl.datasets.options import DatasetOptions
from nisqdl.datasets.split import Split, fingerprint, load_split
from nisqdl.datasets.summary import summarise
from nisqdl.seeds import derive
from nisqdl.store.record import Json
from nisqdl.studies.settings import nested


def dataset_options(settings: Mapping[str, Json]) -> DatasetOptions:
    """The ``dataset`` options in flat settings."""
    return DatasetOptions.model_validate(nested(settings, "dataset"))


def split_of(settings: Mapping[str, Json]) -> Split:
    """The training and test rows of a point's seed."""
    return split_for(dataset_options(settings), settings["root_seed"], settings["seed"])


@lru_cache(maxsize=32)
def split_for(options: DatasetOptions, root_seed: int, seed: int) -> Split:
    """The training and test rows of one seed of an experiment."""
    return load_split(options, derive(root_seed, "data", seed))


@lru_cache(maxsize=32)
def data_identity(options: DatasetOptions) -> str:
    """A text that changes when the data behind the options change."""
    return fingerprint(options)


@lru_cache(maxsize=32)
def data_shape(options: DatasetOptions) -> Shape:
    """Features and classes of a data set, the same for every seed."""
    summary = summarise(options)
    return Shape(summary.features, len(summary.classes))


def describe_data(options: Sequence[DatasetOptions], root_seed: int) -> list[Json]:
    """Sizes and classes of the data sets, for reports."""
    described = []
    for data in dict.fromkeys(options):
        split = split_for(data, root_seed, 0)
        described.append(
            {
                "name": data.name,
                "source": data.source,
                "features": split.num_features,
                "train": len(split.train_labels),
                "test": len(split.test_labels),
                "classes": list(split.class_names),
                "description": split.description,
            }
        )
    return described
