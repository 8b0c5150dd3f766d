"""Saved models predict the same bits elsewhere, and files that are not ours do nothing."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.pipeline import make_pipeline

import nisqdl.models
from nisqdl.catalog import kernel_cache
from nisqdl.errors import InputError
from nisqdl.models import load
from nisqdl.noise.recipe import find_recipe
from nisqdl.targets.snapshots import find_device

SMALL = {
    "CircuitCentric": {"layers": 1},
    "DataReuploading": {"layers": 2},
    "IQPVariational": {"layers": 1},
    "QNN": {"depth": 1},
}


def small(name: str, **more):
    kind = name.removesuffix("Classifier").removesuffix("Regressor")
    trained = {} if "Kernel" in name else {"steps": 8}
    return getattr(nisqdl.models, name)(
        **{"random_state": 0, **trained, **SMALL.get(kind, {}), **more}
    )


def outputs(model, X):
    kind = "predict_proba" if hasattr(model, "predict_proba") else "predict"
    return np.asarray(getattr(model, kind)(X))


def flowers(classes: int = 3, names: bool = True):
    X, y = load_iris(return_X_y=True)
    keep = y < classes
    labels = np.array(["setosa", "versicolor", "virginica"])[y] if names else y
    return X[keep][::3, :3], labels[keep][::3]


@pytest.mark.parametrize("name", nisqdl.models.__all__)
@pytest.mark.parametrize("names", [True, False])
def test_every_model_comes_back_bit_by_bit(name: str, names: bool, tmp_path: Path) -> None:
    X, y = flowers(3, names) if name.endswith("Classifier") else load_diabetes(return_X_y=True)
    X = X[:40, :3]
    model = small(name).fit(X, np.asarray(y)[:40])
    model.save(tmp_path / "model.npz")
    again = load(tmp_path / "model.npz")
    assert type(again) is type(model)
    np.testing.assert_array_equal(outputs(again, X), outputs(model, X))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.predict(X).dtype == model.predict(X).dtype
    assert again.get_params() == model.get_params()
    fitted = {name for name in vars(model) if name.endswith("_")}
    assert fitted == {name for name in vars(again) if name.endswith("_")}
    assert clone(again).fit(X, np.asarray(y)[:40]).predict(X).tolist() == model.predict(X).tolist()
    again.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "model.npz").read_bytes()
    with np.load(tmp_path / "model.npz", allow_pickle=False) as archive:
        assert all(archive[part].dtype.kind in "fiuU" for part in archive.files)


ON_DEVICES = [
    ("QNNClassifier", {"backend": "fake_manila", "noise_scale": 2.0}),
    ("QNNClassifier", {"backend": "fake_manila", "noise": "calibrated_idle", "shots": 100}),
    ("QNNClassifier", {"backend": "fake_manila", "normalise": "train", "training_noise": "ideal"}),
    ("QNNRegressor", {"backend": "fake_manila", "training_noise": "injected"}),
    ("DressedCircuitClassifier", {"backend": "fake_manila", "training_noise": "injected"}),
    ("QuantumKernelClassifier", {"backend": "fake_manila", "feature_map": "zz"}),
    ("ProjectedKernelClassifier", {"backend": "fake_manila", "shots": 200}),
]


@pytest.mark.parametrize(("name", "given"), ON_DEVICES)
def test_noisy_models_keep_their_device_and_circuit(name, given, tmp_path: Path) -> None:
    X, y = flowers(2)
    model = small(name, **given).fit(X, y if name.endswith("Classifier") else X[:, 0])
    model.save(tmp_path / "model.npz")
    again = load(tmp_path / "model.npz")
    np.testing.assert_array_equal(outputs(again, X), outputs(model, X))
    assert again.place_.place.isa == model.place_.place.isa is not None
    # Another device or scale is another place.
    for change in ({"noise_scale": 0.5}, {"backend": "torino"}):
        moved, there = again.set_params(**change), model.set_params(**change)
        np.testing.assert_array_equal(outputs(moved, X), outputs(there, X))


def test_devices_recipes_and_backends_may_be_objects(tmp_path: Path) -> None:
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    X, y = flowers(2)
    named = small("QNNClassifier", backend="fake_manila").fit(X, y)
    for backend, noise in (
        (FakeManilaV2(), None),
        (find_device("fake_manila"), find_recipe("calibrated")),
    ):
        model = small("QNNClassifier", backend=backend, noise=noise).fit(X, y)
        np.testing.assert_allclose(outputs(model, X), outputs(named, X), atol=1e-12)
        model.save(tmp_path / "model.npz")
        again = load(tmp_path / "model.npz")
        np.testing.assert_array_equal(outputs(again, X), outputs(model, X))
        assert again.backend.name == "manila"
        assert again.noise == noise
    with pytest.raises(InputError, match="a backend of IBM's client, but is a dict"):
        small("QNNClassifier", backend={}).fit(X, y)
    with pytest.raises(InputError, match="`noise` must be a recipe"):
        small("QNNClassifier", backend="fake_manila", noise=3).fit(X, y)


def test_it_predicts_the_same_in_another_process_home_and_folder(tmp_path: Path) -> None:
    """Without the snapshot that it was fitted for, which lies elsewhere."""
    X, y = flowers(3)
    (tmp_path / "devices").mkdir()
    (tmp_path / "home").mkdir()
    snapshot = tmp_path / "devices" / "mine.json"
    shipped = sorted((Path(nisqdl.__file__).parents[1] / "backends" / "manila").glob("*.json"))[-1]
    snapshot.write_bytes(shipped.read_bytes())
    model = small("QNNClassifier", backend=str(snapshot)).fit(X, y)
    model.save(tmp_path / "home" / "model.npz")
    expected = outputs(model, X)
    snapshot.unlink()
    script = (
        "import sys, json, numpy as np, nisqdl.models as m;"
        "X = np.array(json.load(sys.stdin));"
        "p = m.load('model.npz').predict_proba(X);"
        "print(json.dumps([[float(v).hex() for v in row] for row in p]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(X.tolist()), text=True,
        capture_output=True, cwd=tmp_path / "home", check=True,
        env={**os.environ, "HOME": str(tmp_path / "home"),
             "NUMBA_CACHE_DIR": str(kernel_cache())},
    )  # fmt: skip
    found = [[float.fromhex(v) for v in row] for row in json.loads(done.stdout)]
    np.testing.assert_array_equal(found, expected)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    X, y = flowers(2)
    file = tmp_path_factory.mktemp("saved") / "model.npz"
    small("QNNClassifier", backend="fake_manila").fit(X, y).save(file)
    return file


def parts(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(file: Path, entries: dict[str, bytes], compressed: bool = False) -> Path:
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(file, "w", kind) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file


def npy(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=allow_pickle)
    return stream.getvalue()


def with_header(saved: Path, file: Path, change) -> Path:
    entries = parts(saved)
    header = json.loads(np.load(io.BytesIO(entries["header.npy"])).tobytes())
    change(header)
    entries["header.npy"] = npy(np.frombuffer(json.dumps(header).encode(), dtype=np.uint8))
    return rewritten(file, entries)


class Planted:
    """Its unpickling leaves a trace."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


def test_pickles_are_never_opened(saved: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    planted = np.array([Planted(trace)], dtype=object)
    for name in ("weights_.npy", "header.npy", "circuit.npy", "classes_.npy", "new.npy"):
        entries = {**parts(saved), name: npy(planted, allow_pickle=True)}
        with pytest.raises(InputError, match="damaged or is no model"):
            load(rewritten(tmp_path / "hostile.npz", entries))
    for content in (pickle.dumps(Planted(trace)), npy(planted, allow_pickle=True)):
        (tmp_path / "hostile.npz").write_bytes(content)
        with pytest.raises(InputError, match="damaged or is no model"):
            load(tmp_path / "hostile.npz")
    assert not trace.exists()


def test_what_is_damaged_is_told_in_one_sentence(saved: Path, tmp_path: Path) -> None:
    content, file = saved.read_bytes(), tmp_path / "damaged.npz"
    for cut in (0, 10, len(content) // 2, len(content) - 5):
        file.write_bytes(content[:cut])
        with pytest.raises(InputError, match="damaged or is no model"):
            load(file)
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(content), 60).tolist():
        bent = bytearray(content)
        bent[place] ^= 0x55
        file.write_bytes(bytes(bent))
        with suppress(InputError):  # dates and the like of the archive say nothing
            assert load(file).get_params()["backend"] == "fake_manila"
    for name in parts(saved):
        entries = parts(saved)
        del entries[name]
        with pytest.raises(InputError):
            load(rewritten(file, entries))


HUGE = (
    b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little")
    + b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }".ljust(117) + b"\n"
)  # fmt: skip


@pytest.mark.parametrize(
    ("part", "content", "says"),
    [
        ("weights_.npy", npy(np.zeros(3)), "weights, but has 3"),
        ("weights_.npy", npy(np.zeros((2, 2))), "must have 1 axes"),
        ("weights_.npy", npy(np.full(9, np.nan)), "not finite"),
        ("weights_.npy", HUGE, "not the array that its first line says"),
        ("weights_.npy", b"no array", "cannot be read"),
        ("scaler.scale_.npy", npy(np.zeros(7)), "3 numbers in 'scale_'"),
        ("circuit.npy", npy(np.zeros(9, dtype=np.uint8)), "circuit of the saved model"),
        ("stranger.npy", npy(np.zeros(1)), "no model has an array 'stranger'"),
        ("header.npy", npy(np.zeros(1)), "no header"),
        ("notes.txt", b"hello", "not as `save` writes it"),
    ],
)
def test_hostile_parts_are_refused(part, content, says, saved: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=says):
        load(rewritten(tmp_path / "hostile.npz", {**parts(saved), part: content}))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda h: h.update(version=2), "must be of the version 1"),
        (lambda h: h.update(format="zip"), "no header of a model"),
        (lambda h: h.update(model="os.system"), "There is no model named 'os.system'"),
        (lambda h: h.update(model=["QNNClassifier"]), "unhashable|no model named"),
        (lambda h: h["parameters"].update(depht=1), "Did you mean 'depth'"),
        (lambda h: h["parameters"].update(depth=[1]), "'depth' is no number or text"),
        (lambda h: h["parameters"].update(ansatz="real_amplitude"), "Did you mean"),
        (lambda h: h["numbers"].update(fit=1), "'fit'"),
        (lambda h: h["numbers"].update(seed_="x"), "no number"),
        (lambda h: h["texts"].update(predict="x"), "no text that a model has"),
        (lambda h: h.update(scaler="PowerTransformer"), "no scaler 'PowerTransformer'"),
        (lambda h: h["place"]["device"].update(qubits=3), "device or noise cannot be read"),
        (lambda h: h["place"]["recipe"].update(kind="worse"), "device or noise cannot be read"),
        (lambda h: h["place"].update(engine={}), "engine is no text"),
        (lambda h: h.pop("numbers"), "'numbers' is missing"),
        (lambda h: h.update(parameters=3), "damaged or is no model"),
    ],
)
def test_hostile_headers_are_refused(change, says, saved: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=says) as caught:
        load(with_header(saved, tmp_path / "hostile.npz", change))
    assert "\n" not in str(caught.value)


def test_a_file_sends_no_jobs(saved: Path, tmp_path: Path) -> None:
    def change(header):
        header["parameters"].update(engine="runtime", backend="ibm_torino")

    model = load(with_header(saved, tmp_path / "eager.npz", change))
    assert model.engine is None


def test_compressed_archives_are_not_blown_up(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not as `save` writes it"):
        load(rewritten(tmp_path / "bomb.npz", parts(saved), compressed=True))


def test_files_that_cannot_be(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no model file"):
        load(tmp_path / "none.npz")
    with pytest.raises(InputError, match="is a folder"):
        load(tmp_path)
    model = load(saved)
    with pytest.raises(InputError, match="cannot be written"):
        model.save(tmp_path / "no" / "where.npz")
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        small("QNNClassifier").save(tmp_path / "model.npz")
    X, _ = flowers(2)
    odd = small("QNNClassifier").fit(X, np.arange(len(X)) % 2)
    odd.classes_ = np.array([Path("a"), Path("b")], dtype=object)
    with pytest.raises(InputError, match="classes must be numbers or texts"):
        odd.save(tmp_path / "model.npz")
    assert not (tmp_path / "model.npz").exists()


def test_column_names_are_kept(tmp_path: Path) -> None:
    pipeline = make_pipeline(small("QNNClassifier"))
    X, y = load_breast_cancer(return_X_y=True)
    pipeline.fit(X[:40, :3], y[:40])
    pipeline[-1].save(tmp_path / "model.npz")
    again = load(tmp_path / "model.npz")
    assert again.n_features_in_ == 3
    with pytest.raises(ValueError, match="features"):
        again.predict(X[:2, :2])
