"""The command line: one sentence, the right exit code, nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nisqdl import accounts
from nisqdl.cli import main
from nisqdl.cli.new import TEMPLATE
from nisqdl.errors import NisqdlError, PendingError
from nisqdl.experiment import load
from nisqdl.runner.interruption import Interrupted

VERBS = list(main.list_commands(None))
KINDS = [
    "experiments",
    "reproductions",
    "devices",
    "noise",
    "ansatzes",
    "entanglers",
    "feature-maps",
    "convolutions",
    "poolings",
    "datasets",
    "environments",
    "agents",
    "engines",
]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder and an empty home."""
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in list(os.environ):
        if name.startswith("QISKIT_IBM"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def shell(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nisqdl", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


def test_help_is_fast_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, nisqdl.cli\n"
        "try: nisqdl.cli.main(['--help'])\n"
        "except SystemExit as end: code = end.code\n"
        "heavy = {'qiskit', 'numpy', 'scipy', 'sklearn', 'matplotlib', 'numba', 'pydantic'}\n"
        "print(code, sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr.strip() == "0 []"
    assert time.perf_counter() - started < 3.0  # 0.2 s on an idle machine
    for verb in VERBS:
        assert f"  {verb} " in done.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_help_with_an_example(verb: str) -> None:
    arguments = [verb, "snapshot"] if verb == "backend" else [verb]
    result = call(*arguments, "--help")
    assert result.exit_code == 0
    assert "Example" in result.stdout
    assert f"nisqdl {verb}" in result.stdout.split("Example")[1]


@pytest.mark.parametrize("kind", KINDS)
def test_listing_and_its_json_agree_and_need_no_quantum_stack(kind: str) -> None:
    result = call("list", kind, "--json")
    assert result.exit_code == 0
    names = [row["name"] for row in json.loads(result.stdout)[kind]]
    assert names
    table = call("list", kind).stdout
    assert all(f"\n{name}" in table for name in names)


def test_listing_imports_nothing_heavy() -> None:
    code = (
        "import sys, nisqdl.cli\n"
        f"for kind in {KINDS!r}:\n"
        "    try: nisqdl.cli.main(['list', kind])\n"
        "    except SystemExit as end: assert end.code == 0\n"
        "heavy = {'qiskit', 'qiskit_ibm_runtime', 'scipy.stats', 'sklearn', 'numba'}\n"
        "print('heavy', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "heavy []"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["rum"], "There is no command named 'rum'. Did you mean 'run'?"),
        (["list", "device"], "Did you mean 'devices'?"),
        (["show", "torin"], "Did you mean 'torino'?"),
        (["show", "ansatz:two_locl"], "Did you mean 'two_local'?"),
        (["show", "devise:torino"], "Did you mean 'device'?"),
        (["run", "noise_vs_acuracy"], "Did you mean 'noise_vs_accuracy'?"),
        (["run", "none.yaml"], "There is no experiment file none.yaml"),
        (["plan", "none.yaml"], "There is no experiment file none.yaml"),
        (["report", "nowhere"], "There is no run folder nowhere"),
        (["export", "nowhere"], "There is no run folder nowhere"),
        (["export", ".", "--format", "cvs"], "Did you mean 'csv'?"),
        (["completion", "bsh"], "Did you mean 'bash'?"),
        (["backend", "snapshot", "fake_torin"], "fake_torino"),
        (["run"], "Missing argument 'FILE_OR_NAME'"),
        (["run", "noise_vs_accuracy", "--workers", "0"], "0 is not in the range"),
        (["run", "noise_vs_accuracy", "--wrong"], "No such option"),
    ],
)
def test_wrong_input_is_exit_code_2_and_a_sentence(arguments: list[str], sentence: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_an_error_is_json_too_where_json_was_asked_for() -> None:
    result = call("run", "none.yaml", "--json")
    told = json.loads(result.stdout)
    assert told["exit_code"] == result.exit_code == 2
    assert told["error"] == result.stderr.strip()


class Refusal(NisqdlError):
    exit_code = 5


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (NisqdlError("It failed."), 1, "It failed."),
        (PendingError("It waits."), 3, "It waits."),
        (Refusal("Too dear."), 5, "Too dear."),
        (Interrupted("Interrupted: 3 of 5."), 130, "Interrupted: 3 of 5."),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (PermissionError(13, "Permission denied", "/x"), 1, "Permission denied (/x)"),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (MemoryError(), 1, "memory ran out"),
    ],
)
def test_every_ending_has_its_code(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, sentence: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("nisqdl.experiment.load", fail)
    result = call("run", "any")
    assert result.exit_code == code
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stdout == ""


def test_an_unexpected_error_is_a_sentence_and_a_file_without_secrets(
    monkeypatch: pytest.MonkeyPatch, alone: Path
) -> None:
    token = "v3ry-s3cr3t-t0k3n"
    saved = alone.parent / "home" / ".qiskit"
    saved.mkdir()
    (saved / "qiskit-ibm.json").write_text(
        json.dumps({"mine": {"channel": "ibm_cloud", "token": token, "instance": "crn:v1:abc"}})
    )

    def fail(*_: object) -> None:
        raise RuntimeError(f"the service said: {token} is not for crn:v1:abc")

    monkeypatch.setenv("TMPDIR", str(alone))
    monkeypatch.setattr("tempfile.tempdir", str(alone))
    monkeypatch.setattr("nisqdl.experiment.load", fail)
    result = call("run", "any")
    assert result.exit_code == 1
    assert "Internal error: RuntimeError: the service said: <hidden>" in result.stderr
    assert "Traceback" not in result.stderr
    (log,) = alone.glob("nisqdl-error-*.log")
    assert "Traceback" in log.read_text()
    assert str(log) in result.stderr
    assert token not in log.read_text() + result.output
    assert "crn:v1:abc" not in log.read_text() + result.output
    assert log.stat().st_mode & 0o077 == 0
    shown = call("run", "any", "--debug")
    assert "Traceback" in shown.output
    assert token not in shown.output


def test_new_writes_a_valid_experiment_and_never_over_another(alone: Path) -> None:
    result = call("new", "mine")
    assert result.exit_code == 0
    assert (alone / "mine.yaml").read_text() == TEMPLATE.read_text()
    assert load("mine.yaml").points()
    (alone / "mine.yaml").write_text("years of work")
    result = call("new", "mine")
    assert result.exit_code == 2
    assert "exists already" in result.stderr
    assert (alone / "mine.yaml").read_text() == "years of work"
    assert call("new", "no/such/folder").exit_code == 2


def test_show_device_tells_its_calibration_and_draws_it(alone: Path) -> None:
    result = call("show", "torino")
    assert result.exit_code == 0
    for text in ("Heron r1", "133 qubits", "2025-02-26", "readout error", "faulty", "torino.svg"):
        assert text in result.stdout
    assert (alone / "torino.svg").read_text().startswith("<?xml")
    document = json.loads(call("show", "device:torino", "--json").stdout)
    assert document["qubits"] == 133
    assert call("show", "torino", "--out", "map.txt").exit_code == 2


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("calibrated", ["kind: calibrated"]),
        ("real_amplitudes", ["4 qubits, 12 weights", "Ry(w[0])"]),
        ("entangler:linear", ["a line", "■"]),
        ("device", ["the edges that the target really has"]),
        ("zz", ["Havlíček", "Rz(x[0])"]),
        ("su4", ["2 qubits, 15 weights", "Rz(w[14])"]),
        ("pooling:measured_dynamic", ["2 qubits, 8 weights", "If-0", "Rx(w[7])"]),
        ("iris", ["150 rows", "setosa"]),
        ("moons", ["its options: noise"]),
        ("noise_vs_accuracy", ["study: noise_accuracy"]),
        ("aer", ["reference"]),
    ],
)
def test_show_tells_what_a_thing_is(name: str, texts: list[str], alone: Path) -> None:
    result = call("show", name)
    assert result.exit_code == 0
    for text in texts:
        assert text in result.stdout
    assert json.loads(call("show", name, "--json").stdout)


@pytest.mark.parametrize("name", ["two_curves", "line_images", "cluster_ising", "digits"])
def test_show_draws_a_data_set(name: str, alone: Path) -> None:
    result = call("show", name)
    assert result.exit_code == 0
    assert f"Picture: {name}.svg" in result.stdout
    assert name in Path(f"{name}.svg").read_text("utf-8")
    assert call("show", name, "--out", "rows.txt").exit_code == 2


def test_show_plays_an_environment_under_its_baselines(alone: Path) -> None:
    result = call("show", "cognitive_radio")
    assert result.exit_code == 0
    for text in ("send on channel 3", "seeds 0 to 49", "Chen et al. 2020", "from 0 π to 1 π"):
        assert text in result.stdout
    assert "oracle" in Path("cognitive_radio.svg").read_text("utf-8")
    document = json.loads(call("show", "cognitive_radio", "--json").stdout)
    found = {baseline["name"]: baseline for baseline in document["baselines"]}
    assert found["oracle"]["mean"] == found["oracle"]["high"] == 100
    assert found["random"]["low"] < found["random"]["mean"] < found["random"]["high"] < 50
    assert call("show", "cognitive_radio", "--out", "radio.txt").exit_code == 2


def test_show_takes_options_of_an_environment(alone: Path) -> None:
    (alone / "mine.txt").write_text("0 1.5\n1 1.5\n")
    given = ("--option", "traces=mine.txt", "--option", "chunks=3")
    document = json.loads(call("show", "streaming", *given, "--json").stdout)
    assert document["options"]["traces"] == "mine.txt"
    found = {baseline["name"]: baseline["mean"] for baseline in document["baselines"]}
    # 1.5 Mbit/s for ever: 0.3, then 1.2 twice, with one switch and 0.8 s of waiting, and so on.
    assert found["rate_based"] == pytest.approx(0.3 + 2 * 1.2 - 0.9 - 4.3 * 0.8)
    assert max(found.values()) == found["optimum"]
    for wrong, sentence in [
        (("--option", "chunks=1"), "greater than or equal to 2, but is 1"),
        (("--option", "chunk=9"), "Did you mean 'chunks'"),
        (("--option", "chunks"), "must be NAME=VALUE"),
        (("--option", "chunks=[1"), "must be YAML"),
        (("--option", "traces=none.txt"), "do not exist"),
    ]:
        result = call("show", "streaming", *wrong)
        assert result.exit_code == 2
        assert sentence in result.stderr
    result = call("show", "iris", "--option", "a=b")
    assert result.exit_code == 2
    assert "Only environments take --option, but 'iris' is a dataset." in result.stderr


def test_a_name_of_two_things_asks_which(monkeypatch: pytest.MonkeyPatch) -> None:
    from nisqdl.noise import recipe

    monkeypatch.setattr(recipe, "recipe_names", lambda: ["linear"])
    monkeypatch.setattr(
        recipe,
        "find_recipe",
        lambda name: recipe.IdealRecipe(name=name, kind="ideal", description="d", source="s"),
    )
    result = call("show", "linear")
    assert result.exit_code == 2
    assert "say which: noise:linear or entangler:linear" in result.stderr


def test_doctor_tells_accounts_but_never_their_tokens(
    monkeypatch: pytest.MonkeyPatch, alone: Path
) -> None:
    tokens = ["t0ken-of-the-file", "t0ken-of-the-environment", "crn:v1:bluemix:secret"]
    folder = alone.parent / "home" / ".qiskit"
    folder.mkdir()
    entry = {
        "channel": "ibm_quantum_platform",
        "token": tokens[0],
        "instance": tokens[2],
        "is_default_account": True,
        "private_endpoint": tokens[0],
    }
    (folder / "qiskit-ibm.json").write_text(json.dumps({"lab": entry, tokens[0]: entry}))
    monkeypatch.setenv("QISKIT_IBM_TOKEN", tokens[1])
    monkeypatch.setenv("QISKIT_IBM_CHANNEL", tokens[1])
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "1")
    for result in (call("doctor"), call("doctor", "--json")):
        assert result.exit_code == 0
        assert "lab" in result.stdout
        assert "ibm_quantum_platform" in result.stdout
        assert not any(token in result.output for token in tokens)
    found = json.loads(call("doctor", "--json").stdout)
    assert found["machine"]["cores usable"] == 1
    assert found["packages"]["nisqdl"]
    assert [account["name"] for account in found["accounts"]][:2] == ["(environment)", "lab"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 3}'])
def test_a_broken_account_file_is_no_account(alone: Path, content: str) -> None:
    folder = alone.parent / "home" / ".qiskit"
    folder.mkdir()
    (folder / "qiskit-ibm.json").write_text(content)
    assert accounts.accounts() == []
    assert accounts.redact("plain text") == "plain text"


def test_doctor_does_not_load_the_ibm_client() -> None:
    code = (
        "import sys, nisqdl.cli\n"
        "try: nisqdl.cli.main(['doctor'])\n"
        "except SystemExit as end: print(end.code, 'qiskit_ibm_runtime' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "0 False"


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion_scripts(name: str) -> None:
    result = call("completion", name)
    assert result.exit_code == 0
    assert "_NISQDL_COMPLETE" in result.stdout


def test_the_shell_completes_verbs_and_kinds() -> None:
    environment = {**os.environ, "_NISQDL_COMPLETE": "bash_complete", "COMP_CWORD": "1"}
    done = shell(env={**environment, "COMP_WORDS": "nisqdl rep"})
    assert done.stdout.split() == ["plain,reproduce", "plain,report"]
    done = shell(env={**environment, "COMP_WORDS": "nisqdl list d", "COMP_CWORD": "2"})
    assert done.stdout.split() == ["plain,devices", "plain,datasets"]


def test_backend_snapshot_writes_a_device(alone: Path) -> None:
    result = call("backend", "snapshot", "fake_manila", "--out", "mine")
    assert result.exit_code == 0
    (file,) = (alone / "mine" / "manila").glob("*.json")
    assert result.stdout.strip() == str(file.relative_to(alone))
    assert json.loads(call("show", str(file), "--json").stdout)["qubits"] == 5


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = f"{sys.executable} -m nisqdl show torino --json | head -c 10"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert len(done.stdout) == 10
    assert done.stderr == ""
