"""The data set's options: what they accept, and what they say of what they do not."""

import pytest
from pydantic import ValidationError

from nisqdl.datasets.options import DatasetOptions

GOOD = {"name": "iris", "train": 20, "test": 10}


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"name": "irs"}, "name", "Did you mean 'iris'"),
        ({"train": 1}, "train", "greater than or equal to 2"),
        ({"test": True}, "test", "valid integer"),
        ({"train": None}, "train", "valid integer"),
        ({"features": 0}, "features", "greater than or equal to 1"),
        ({"features": 2.0}, "features", "valid integer"),
        ({"classes": ["setosa"]}, "classes", "at least two classes, but has 1"),
        ({"classes": [1, "1"]}, "classes", "a class twice"),
        ({"classes": [True, False]}, "classes", "put the name in quotes"),
        ({"classes": [0, 1.5]}, "classes", "but is 1.5"),
        ({"scaling": "minmax"}, "scaling", "'angle', 'standard' or 'none'"),
        ({"name": "moons", "noise": -0.1}, "noise", "greater than or equal to 0"),
        ({"name": "moons", "noise": float("nan")}, "noise", "finite"),
        ({"colour": 1}, "colour", "Extra inputs"),
        ({"noise": 0.1}, "", "`noise` has no meaning for the data set 'iris'"),
        ({"path": "a.csv"}, "", "`path` has no meaning for the data set 'iris'"),
        ({"name": "csv", "path": "a.csv"}, "", "`label` must be given"),
        ({"name": "csv", "label": "y"}, "", "`path` must be given"),
    ],
)
def test_wrong_values_name_field_and_rule(
    change: dict[str, object], field: str, sentence: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        DatasetOptions.model_validate(GOOD | change)
    error = caught.value.errors()[0]
    assert ".".join(str(part) for part in error["loc"][:1]) == field
    assert sentence in error["msg"]


def test_classes_keep_their_types_and_order() -> None:
    options = DatasetOptions.model_validate(GOOD | {"classes": ["virginica", 0]})
    assert options.classes == ("virginica", 0)


def test_the_source_is_the_file_where_there_is_one() -> None:
    assert DatasetOptions.model_validate(GOOD).source == "iris"
    own = {"name": "csv", "path": "mine.csv", "label": "y"}
    assert DatasetOptions.model_validate(GOOD | own).source == "mine.csv"
