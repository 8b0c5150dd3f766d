"""Reports of made-up runs: what is in them, what must never be, and that they come whole."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from nisqdl import report
from nisqdl.analysis.grid import grids
from nisqdl.errors import InputError, NisqdlError
from nisqdl.report import BuiltReport, device_picture, write_report
from nisqdl.report.figures import FIGURES
from nisqdl.store.record import Point

Make = Callable[..., Any]
EVIL = "<script>alert(1)</script>\"'&]](x)|`*"


@pytest.fixture(scope="module")
def full(synthetic_run: Make, tmp_path_factory: pytest.TempPathFactory) -> BuiltReport:
    run = synthetic_run()
    return write_report(run, tmp_path_factory.mktemp("full") / "noise_vs_accuracy")


@pytest.fixture
def small(synthetic_run: Make) -> Any:
    return synthetic_run(
        depths=(1, 2), entanglers=("none", "linear"), targets=("torino",), scales=(0.0, 1.0),
        seeds=3,
    )  # fmt: skip


@pytest.fixture
def tiny(synthetic_run: Make) -> Any:
    """One question, one setting, no device: what has to be told once, in little time."""
    run = synthetic_run(
        depths=(1,), entanglers=("none",), targets=("torino",), scales=(1.0,),
        trainings=("ideal",), seeds=3,
    )  # fmt: skip
    return replace(run, context={**run.context, "devices": []})


class _Page(HTMLParser):
    """Tags with their attributes, ids, addresses, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_full_page_is_whole_small_and_asks_for_nothing(full: BuiltReport) -> None:
    text = full.html.read_text()
    page = _Page(text)
    assert page.open == []
    assert full.html.stat().st_size < 1_000_000
    assert not {"script", "link", "iframe", "img"} & {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        for name in ("src", "href", "xlink:href"):
            address = attributes.get(name)
            assert address is None or address.startswith(("#", "data:")), (tag, address)
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)


def test_ids_are_unique_and_every_reference_has_its_target(full: BuiltReport) -> None:
    page = _Page(full.html.read_text())
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.tags:
        wanted = (attributes.get("aria-labelledby") or "").split()
        if (attributes.get("href") or "").startswith("#"):
            wanted.append((attributes["href"] or "")[1:])
        assert set(wanted) <= set(ids)


def test_ways_of_training_have_their_figure_and_table(synthetic_run: Make, tmp_path: Path) -> None:
    run = synthetic_run(
        depths=(2,), entanglers=("none", "linear"), trainings=("ideal", "target", "injected"),
        seeds=4, targets=("torino", "sherbrooke"),
    )  # fmt: skip
    built = write_report(run, tmp_path / "ways")
    text = built.markdown.read_text()
    assert "](figures/training_ways.svg)" in text
    assert "](figures/training_noise.svg)" not in text
    assert "with injected errors" in text
    assert text.count("by way of training") == 2  # a table a device
    assert "Against the QNN trained without noise: on torino " in text


def test_every_figure_is_there_with_words(full: BuiltReport) -> None:
    text, markdown = full.html.read_text(), full.markdown.read_text()
    plain = [name for name in FIGURES if name != "training_ways"]  # drawn where others were tried
    names = [*plain, "device_map-1", "device_map-2", "device_map-3"]
    for name in names:
        assert f'id="figure-{name}"' in text
        description = re.search(rf'<desc id="{name}-desc">([^<]+)</desc>', text)
        assert description
        assert len(description[1]) > 60
        assert f"](figures/{name}.svg)" in markdown
        assert (full.markdown.parent / "figures" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
        ET.parse(full.markdown.parent / "figures" / f"{name}.svg")
    assert {path.stem for path in full.figures} == set(names)


def test_numbers_in_figures_are_written_in_full(full: BuiltReport) -> None:
    """Shortening coordinates must not shorten what is read: 0.927 is not 0.92."""
    svg = (full.html.parent / "figures" / "learners.svg").read_text()
    written = re.findall(r">(\d\.\d+)</text>", svg)
    markdown = full.markdown.read_text()
    accuracies = [n for n in written if re.fullmatch(r"\d\.\d{3}", n)]
    assert len(accuracies) >= 11
    assert all(number in markdown for number in accuracies)


def test_the_page_says_what_the_issue_asks_for(full: BuiltReport) -> None:
    text = full.html.read_text()
    assert full.verdict.sentence in full.markdown.read_text()
    for piece in (
        "The best QNN of each device", "logistic regression", "C = 10, gamma = 0.1 (4 seeds)",
        "2026-04-15 09:30 UTC", "cz 52-53: its error is 1", "real_amplitudes", "version of qiskit",
        "torino@2025-02-26", "nisqdl run experiment.yaml", "3635 points", "Holm", "Bonferroni",
    ):  # fmt: skip
        assert piece in text, piece


def test_the_same_records_give_the_same_bytes(small: Any, tmp_path: Path) -> None:
    first = write_report(small, tmp_path / "a" / "run")
    second = write_report(small, tmp_path / "b" / "run")
    assert first.html.read_bytes() == second.html.read_bytes()
    for one, other in zip(first.figures, second.figures, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_names_cannot_inject_mark_up(small: Any, tmp_path: Path) -> None:
    records = [
        replace(
            record,
            point=Point(record.point.study, {**record.point.settings, "dataset.name": EVIL}),
        )
        for record in small.records
    ]
    context = {
        "devices": [{**small.context["devices"][0], "name": EVIL, "source": EVIL}],
        "datasets": [{"name": EVIL, "features": 4, "train": 1, "test": 1, "classes": [EVIL]}],
    }
    experiment = {**small.experiment, "options": {"dataset": {"source": EVIL}}}
    run = replace(small, records=records, context=context, experiment=experiment)
    built = write_report(run, tmp_path / "run<b>")
    page = _Page(built.html.read_text())
    assert page.open == []
    assert not {"script", "b"} & {tag for tag, _ in page.tags}
    outside_code = re.sub(r"```.*?```", "", built.markdown.read_text(), flags=re.DOTALL)
    assert "<script" not in outside_code
    for svg in (built.html.parent / "figures").glob("*.svg"):
        assert not [e for e in ET.parse(svg).iter() if e.tag.endswith("script")]


def test_a_run_that_is_not_complete_says_so(tiny: Any, tmp_path: Path) -> None:
    run = replace(tiny, records=tiny.records[:-1])
    built = write_report(run, tmp_path, planned=len(tiny.records))
    wanted = f"{len(run.records)} of {len(tiny.records)} points"
    assert wanted in built.html.read_text()
    assert wanted in built.markdown.read_text()
    assert "could be claimed" in built.verdict.sentence


def test_an_empty_run_is_a_sentence(small: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no record yet.*nisqdl run"):
        write_report(replace(small, records=[]), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_study_without_a_report_is_a_sentence(small: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no study with a report named 'other'"):
        write_report(replace(small, study="other"), tmp_path)


def test_a_folder_that_is_no_run_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run folder"):
        report.build(tmp_path)


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({"scales": (1.0,)}, {"accuracy_scale", "depth_noise_map"}),
        ({"depths": (2,)}, {"accuracy_depth", "depth_noise_map"}),
        ({"entanglers": ("none",)}, {"entangler_cost"}),
        ({"trainings": ("ideal",)}, {"training_noise"}),
        ({"seeds": 1}, set()),
    ],
)
def test_a_sweep_without_an_axis_has_no_figure_of_it(
    synthetic_run: Make, tmp_path: Path, options: dict[str, Any], missing: set[str]
) -> None:
    base: dict[str, Any] = {
        "depths": (1, 2), "entanglers": ("none", "linear"), "targets": ("torino",),
        "scales": (0.0, 1.0), "seeds": 3,
    }  # fmt: skip
    run = synthetic_run(**{**base, **options})
    built = write_report(replace(run, context={**run.context, "devices": []}), tmp_path)
    drawn = {path.stem for path in built.figures}
    assert drawn == set(FIGURES) - missing - {"training_ways"}


def test_several_questions_share_one_page(synthetic_run: Make, tmp_path: Path) -> None:
    run = synthetic_run(
        depths=(1, 2), entanglers=("none", "linear"), targets=("torino",), scales=(0.0, 1.0),
        seeds=3, datasets=("iris", "wine"), trainings=("target",),
    )  # fmt: skip
    built = write_report(replace(run, context={**run.context, "devices": []}), tmp_path)
    text = built.html.read_text()
    assert text.count('class="headline"') == 2
    assert "On iris" in text
    assert "On wine" in text
    assert (tmp_path / "figures" / "learners-2.svg").is_file()


def test_a_file_that_cannot_be_written_leaves_the_old_one(tiny: Any, tmp_path: Path) -> None:
    write_report(tiny, tmp_path)
    page = tmp_path / "report.html"
    before = page.read_bytes()
    (tmp_path / "figures" / "learners.svg").unlink()
    (tmp_path / "figures" / "learners.svg").mkdir()
    with pytest.raises(NisqdlError, match=r"learners\.svg cannot be written"):
        write_report(tiny, tmp_path)
    assert page.read_bytes() == before
    assert not list((tmp_path / "figures").glob(".*"))


def test_a_device_has_a_picture(small: Any, tmp_path: Path) -> None:
    device = small.context["devices"][0]
    device_picture(device, tmp_path / "map.svg")
    device_picture(device, tmp_path / "map.png")
    root = ET.parse(tmp_path / "map.svg").getroot()
    texts = {element.text for element in root.iter() if element.tag.endswith("text")}
    assert {str(q) for q in range(device["qubits"])} <= texts
    with pytest.raises(InputError, match=r"\.svg or \.png"):
        device_picture(device, tmp_path / "map.pdf")
    with pytest.raises(InputError, match="no coordinates"):
        device_picture({**device, "map": None}, tmp_path / "map.svg")


@pytest.mark.parametrize("name", ["manila", "torino"])
def test_a_shipped_device_has_a_picture(name: str, tmp_path: Path) -> None:
    """The summary that targets make is the one that maps read."""
    from nisqdl.studies.named import device_named
    from nisqdl.targets.summary import device_summary

    device_picture(device_summary(device_named(name)), tmp_path / "map.svg")
    assert (tmp_path / "map.svg").stat().st_size < 200_000


def test_telling_needs_no_quantum_stack(small: Any) -> None:
    """The package, all its modules and a drawn figure import none of the heavy packages."""
    code = """
import sys
import nisqdl.report, nisqdl.report.noise_accuracy, nisqdl.report.page, nisqdl.report.markdown
import nisqdl.report.figures.device_map
assert "matplotlib" not in sys.modules, "drawing is imported before anything is drawn"
from nisqdl.report.style import look, panels
with look():
    panels(["a"], 2)
heavy = {"qiskit", "sklearn", "numba", "scipy.stats", "matplotlib.pyplot"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_of_many_questions_the_first_are_answered_and_all_are_in_a_table(
    synthetic_run: Make, tmp_path: Path
) -> None:
    run = synthetic_run(
        depths=(1, 2), entanglers=("none", "linear"), targets=("torino",), scales=(1.0,),
        trainings=("ideal",), seeds=3, datasets=("moons", "circles"),
        learning_rates=(0.05, 0.1, 0.2),
    )  # fmt: skip
    run = replace(run, context={**run.context, "devices": []})
    text = write_report(run, tmp_path / "many").markdown.read_text()
    top, table, *_ = text.split("## ")
    assert top.count("no advantage") + top.count("beats") == 4
    rows = [line for line in table.splitlines() if line.startswith(("| moons", "| circles"))]
    assert len(rows) == 6
    assert all(re.search(r"0\.\d{3} \(.*\), depth [12], (none|linear)", row) for row in rows)


def test_a_learner_that_is_absent_is_said(tiny: Any, tmp_path: Path) -> None:
    records = [r for r in tiny.records if r.point.settings["learner"] != "mlp"]
    text = write_report(replace(tiny, records=records), tmp_path / "no mlp").markdown.read_text()
    assert "No MLP is compared" in text


def test_a_variant_says_its_options_in_words(small: Any) -> None:
    records = []
    for r in small.records:
        for shots in (None, 100):
            extra = {"shots": shots} if r.point.settings["learner"] == "qnn" else {}
            point = Point(r.point.study, {**r.point.settings, **extra})
            records.append(replace(r, point=point))
    titles = {grid.title for grid in grids(list({r.point.id: r for r in records}.values()))}
    assert {title.split("shots ")[1] for title in titles} == {"exact)", "100)"}


def test_a_snapshot_by_its_path_has_a_short_title(small: Any) -> None:
    records = []
    for r in small.records:
        settings = dict(r.point.settings)
        if settings["learner"] == "qnn":
            settings["target"] = "/home/me/devices/torino.json"
        records.append(replace(r, point=Point(r.point.study, settings)))
    (grid,) = grids(records)
    assert grid.device_title("/home/me/devices/torino.json") == "torino"
