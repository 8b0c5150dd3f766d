"""Models as files: a NumPy archive of arrays with a JSON header, and nothing that could run.

A file has all that predictions depend on: parameters, fitted numbers, the device's calibration, the
noise recipe, and the circuit as it was transpiled. So a model predicts the same on another machine,
bit by bit with the same versions of the libraries. There is no pickle in it: what is read is only
names, numbers and texts that are checked one by one, and arrays of numbers.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import nisqdl
from nisqdl.errors import InputError, unknown_name
from nisqdl.models.archive import foreign, read_arrays, write_arrays
from nisqdl.models.place import RUNTIME, Asked, Place
from nisqdl.noise.recipe import Recipe
from nisqdl.store.record import Json
from nisqdl.targets.device import Device

FORMAT = "nisqdl model"
VERSION = 1

NUMBERS = {
    "seed_": int, "n_iter_": int, "n_features_in_": int, "n_weights_": int, "target_mean_": float,
    "target_scale_": float, "gamma_": float, "temperature_": float, "limit_": float,
}  # fmt: skip
"""Fitted numbers, and what they are."""

TEXTS = ("circuit_",)
"""Fitted texts."""

ARRAYS = {
    "weights_": 1, "loss_curve_": 1, "classes_": 1, "feature_names_in_": 1, "rows_": 2,
    "values_": 2, "targets_": 1, "value_mean_": 1, "value_spread_": 1, "centre_": 1, "matrix_": 2,
    "middle_": 1, "stretch_": 1,
}  # fmt: skip
"""Fitted arrays, and how many axes they have."""

SCALERS = {
    "MinMaxScaler": ("min_", "scale_", "data_min_", "data_max_", "data_range_"),
    "StandardScaler": ("mean_", "var_", "scale_"),
    "FunctionTransformer": (),
}
"""Scalers of features by the arrays that they learn, (F,) each."""

ANGLE_RANGE = (-np.pi / 2, np.pi / 2)
"""What features are scaled to that become angles."""

_HEADER, _CIRCUIT, _KERNEL = "header", "circuit", "kernel"
_MACHINE = ("support_", "dual_coef_", "intercept_")
_VERSIONS = ("numpy", "scikit-learn", "qiskit")


def save_model(model: Any, path: str | Path) -> None:
    """Write a fitted model; the file is there whole, or as it was before.

    Raises:
        InputError: The model is not fitted, has a parameter that cannot be written, or the file
            cannot be.
    """
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(model, "n_features_in_")
    header: dict[str, Json] = {
        "format": FORMAT,
        "version": VERSION,
        "model": type(model).__name__,
        "versions": {
            "nisqdl": nisqdl.__version__,
            **{name: installed(name) for name in _VERSIONS},
        },
        "parameters": {
            name: _plain(name, value) for name, value in model.get_params(deep=False).items()
        },
        "numbers": {name: kind(vars(model)[name]) for name, kind in NUMBERS.items()
                    if name in vars(model)},
        "texts": {name: vars(model)[name] for name in TEXTS if name in vars(model)},
        "objects": [],
    }  # fmt: skip
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name in ARRAYS:
        if name in vars(model):
            arrays[name] = _array_of(name, vars(model)[name], header["objects"])
    if "scaler_" in vars(model):
        scaler = model.scaler_
        header["scaler"] = type(scaler).__name__
        for name in SCALERS[type(scaler).__name__]:
            arrays[f"scaler.{name}"] = np.asarray(getattr(scaler, name), dtype=np.float64)
    asked: Asked | None = vars(model).get("place_")
    if asked is not None and asked.place.device is not None:
        if not isinstance(asked.place.recipe, Recipe):
            raise InputError(
                "A model with an Aer noise model cannot be saved: give `noise` as a recipe, or set "
                "it to None and fit again."
            )
        assert asked.place.isa is not None
        header["place"] = {
            "key": asked.key,
            "noise_is_object": not (model.noise is None or isinstance(model.noise, str)),
            "scale": asked.place.scale,
            "engine": asked.place.engine,
            "device": asdict(asked.place.device),
            "recipe": asked.place.recipe.model_dump(mode="json"),
        }
        arrays[_CIRCUIT] = np.frombuffer(asked.place.isa, dtype=np.uint8)
    if "machine_" in vars(model):
        arrays[_KERNEL] = model._among()
        arrays |= {f"machine.{name}": getattr(model.machine_, name) for name in _MACHINE}
    header["arrays"] = sorted(arrays)
    text = json.dumps(header, ensure_ascii=False, allow_nan=False, default=_refuse)
    arrays[_HEADER] = np.frombuffer(text.encode(), dtype=np.uint8)
    write_arrays(Path(path), arrays)


def load(path: str | Path) -> Any:
    """Read a model that ``save`` wrote; it predicts as it did there, on this machine.

    A loaded model runs on no device by itself: for that, set its ``engine`` to ``"runtime"``.

    Args:
        path: The file.

    Raises:
        InputError: There is no such file, or it is damaged or something else.
    """
    file = Path(path)
    arrays = read_arrays(file)
    try:
        header = json.loads(arrays.pop(_HEADER).tobytes())
    except (KeyError, ValueError, RecursionError):
        raise foreign(file, "it has no header of a model") from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise foreign(file, "it has no header of a model")
    if header.get("version") != VERSION:
        raise InputError(
            f"{file} must be of the version {VERSION} of saved models, but is of "
            f"{header.get('version')!r}; load it with the nisqdl that wrote it, or fit it anew."
        )
    try:
        return _model(header, arrays)
    except InputError as error:
        raise InputError(f"{file}: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        name = f"its part {error.args[0]!r} is missing" if isinstance(error, KeyError) else error
        raise foreign(file, str(name).partition("\n")[0]) from None


def _model(header: dict[str, Json], arrays: dict[str, npt.NDArray[Any]]) -> Any:
    missing = sorted({*header["arrays"]} - arrays.keys())
    if missing:
        raise ValueError(f"its part {missing[0]!r} is missing")
    model = _class_named(header["model"])()
    known = model.get_params(deep=False)
    parameters = dict(header["parameters"])
    for name, value in parameters.items():
        if name not in known:
            raise unknown_name(f"parameter of {header['model']}", name, known)
        if not (value is None or isinstance(value, bool | int | float | str)):
            raise ValueError(f"the parameter {name!r} is no number or text")
    if parameters.get("engine") == RUNTIME:
        parameters["engine"] = None  # a file must not spend anybody's time on a device
    place = _place(header.get("place"), arrays.pop(_CIRCUIT, None))
    if place is not None and parameters.get("backend") is None:
        parameters["backend"] = place.place.device  # it was given as an object
    if place is not None and header["place"].get("noise_is_object"):
        parameters["noise"] = place.place.recipe
    model.set_params(**parameters)
    for name, value in dict(header["numbers"]).items():
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ValueError(f"{name!r} is no number")
        setattr(model, name, NUMBERS[name](value))
    for name, value in dict(header["texts"]).items():
        if name not in TEXTS or not isinstance(value, str):
            raise ValueError(f"{name!r} is no text that a model has")
        setattr(model, name, value)
    for name, axes in ARRAYS.items():
        if name in arrays:
            setattr(model, name, _fitted_array(name, arrays.pop(name), axes, header["objects"]))
    if hasattr(model, "loss_curve_"):
        model.loss_curve_ = model.loss_curve_.tolist()
    if "scaler" in header:
        model.scaler_ = _scaler(header["scaler"], model.n_features_in_, arrays)
    model.place_ = place
    kernel = arrays.pop(_KERNEL, None)
    machine = {name: arrays.pop(f"machine.{name}", None) for name in _MACHINE}
    if arrays:
        raise ValueError(f"no model has an array {next(iter(arrays))!r}")
    if kernel is not None:
        model.fit_machine(kernel)
        for name, stored in machine.items():
            found = getattr(model.machine_, name)
            if stored is None or stored.shape != found.shape:
                raise ValueError("its support vectors are not those of its kernel")
            if not np.allclose(stored, found, rtol=1e-6, atol=1e-9):
                raise ValueError(
                    "this version of scikit-learn finds other support vectors than "
                    f"{header['versions'].get('scikit-learn')}, which fitted it"
                )
    model.check_loaded()
    return model


def _class_named(name: Any) -> Any:
    from nisqdl.models import FILE_HOMES

    if name not in FILE_HOMES:
        raise unknown_name("model", name, FILE_HOMES)
    return getattr(import_module(FILE_HOMES[name]), name)


def _plain(name: str, value: Any) -> Json:
    """A parameter as JSON. Objects in place of names are written with the place."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if name in ("backend", "noise") or name == "random_state":
        return None
    raise InputError(
        f"The parameter `{name}` cannot be saved: it must be a number, a text or None, but is a "
        f"{type(value).__name__}."
    )


def _array_of(name: str, value: Any, objects: list[str]) -> npt.NDArray[Any]:
    array = np.asarray(value)
    if array.dtype.kind == "O":
        if not all(isinstance(one, str) for one in array):
            raise InputError(
                f"`{name}` cannot be saved: classes must be numbers or texts, but one is a "
                f"{type(next(one for one in array if not isinstance(one, str))).__name__}."
            )
        objects.append(name)
        return array.astype(np.str_)
    return array


def _fitted_array(name: str, array: npt.NDArray[Any], axes: int, objects: Json) -> npt.NDArray[Any]:
    if array.ndim != axes:
        raise ValueError(f"{name!r} must have {axes} axes, but has {array.ndim}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name!r} has entries that are not finite")
    return array.astype(object) if name in objects else array


def _scaler(name: Any, features: int, arrays: dict[str, npt.NDArray[Any]]) -> Any:
    from sklearn import preprocessing

    if name not in SCALERS:
        raise ValueError(f"there is no scaler {name!r}")
    given = {"feature_range": ANGLE_RANGE} if name == "MinMaxScaler" else {}
    scaler = getattr(preprocessing, name)(**given)
    scaler.fit(np.zeros((1, features)))
    for part in SCALERS[name]:
        learnt = arrays.pop(f"scaler.{part}")
        if learnt.shape != (features,) or learnt.dtype != np.float64:
            raise ValueError(f"its scaler must have {features} numbers in {part!r}")
        setattr(scaler, part, learnt)
    return scaler


def _place(document: Json, circuit: npt.NDArray[Any] | None) -> Asked | None:
    from pydantic import TypeAdapter, ValidationError

    if document is None:
        return None
    if circuit is None:
        raise ValueError("its circuit is missing")
    try:
        device: Device = TypeAdapter(Device).validate_python(document["device"])
        recipe: Recipe = TypeAdapter(Recipe).validate_python(document["recipe"])
    except ValidationError as error:
        raise ValueError(
            f"its device or noise cannot be read ({error.error_count()} faults)"
        ) from None
    engine = document["engine"]
    if not (engine is None or isinstance(engine, str)):
        raise ValueError("its engine is no text")
    place = Place(device, recipe, float(document["scale"]), engine, circuit.tobytes())
    return Asked(str(document["key"]), place)


def _refuse(value: Any) -> Json:
    raise InputError(f"A {type(value).__name__} cannot be written to a model file.")
