"""The report's page in a real browser: a desktop's, a phone's, and on paper.

Needs Chromium (``apt-get install chromium``, or another path in ``NISQDL_BROWSER``). Without one
these tests are skipped, and say so; with ``NISQDL_REQUIRE_BROWSER=1``, as in CI, they fail.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nisqdl.report import write_report
from nisqdl.report.figures import FIGURES
from nisqdl.report.figures.plateau_figures import PLATEAU_FIGURES

_NAMES = (os.environ.get("NISQDL_BROWSER"), "chromium", "chromium-browser", "google-chrome")
_BROWSER = next((path for name in _NAMES if name and (path := shutil.which(name))), None)

if not _BROWSER and os.environ.get("NISQDL_REQUIRE_BROWSER") != "1":
    pytest.skip("Chromium is not installed; see this file", allow_module_level=True)

_MAPS = ("device_map-1", "device_map-2", "device_map-3")
_TOGETHER = tuple(name for name in FIGURES if name != "training_ways")
"""`training_ways` is for more than two ways of training; the made-up run has two."""

_PAGES = {
    "synthetic_run": (*_TOGETHER, *_MAPS),
    # No circuit of it grows.
    "synthetic_plateaus": tuple(name for name in PLATEAU_FIGURES if name != "variance_growth"),
}
"""Which made-up run a page tells, and the figures that it has."""

_WIDTHS = {"desktop": 1200, "phone": 390}

# Looks at the page in frames of given widths, as a reader would, and writes down what it sees.
_LOOK = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">
<script>
const widths = WIDTHS, seen = {};
const names = Object.keys(widths);
for (const name of names) {
  const frame = document.createElement("iframe");
  frame.style = `border:0;width:${widths[name]}px;height:1500px`;
  frame.onload = () => { look(name, frame); };
  frame.src = "report.html";
  document.body.append(frame);
}
function look(name, frame) {
  const page = frame.contentDocument, root = page.documentElement;
  const shown = [...page.querySelectorAll("figure svg")].filter(s => s.getClientRects().length);
  const figures = shown.map(svg => {
    const box = svg.getBoundingClientRect();
    const scale = box.width / svg.viewBox.baseVal.width;
    const texts = [...svg.querySelectorAll("text")].map(t => {
      const b = t.getBoundingClientRect();
      return { text: t.textContent, pixels: scale * parseFloat(getComputedStyle(t).fontSize),
        outside: Math.max(box.left - b.left, b.right - box.right, box.top - b.top,
          b.bottom - box.bottom) };
    });
    return { name: svg.closest("figure").id, title: svg.querySelector("title").textContent,
      alt: svg.querySelector("desc").textContent, role: svg.getAttribute("role"),
      scrolls: !!svg.closest(".scroll"), width: box.width, height: box.height, texts };
  });
  const bare = [...page.querySelectorAll("p, li, td, th, figcaption, h1, h2, h3")]
    .filter(e => e.getClientRects().length);
  seen[name] = { scrollWidth: root.scrollWidth, clientWidth: root.clientWidth, figures,
    requests: frame.contentWindow.performance.getEntriesByType("resource").map(r => r.name),
    smallest: Math.min(...bare.map(e => parseFloat(getComputedStyle(e).fontSize))) };
  if (Object.keys(seen).length === names.length) {
    const out = document.createElement("pre");
    out.id = "seen";
    out.textContent = JSON.stringify(seen);
    document.body.replaceChildren(out);
  }
}
</script>
"""


@pytest.fixture(scope="module", params=_PAGES)
def told(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(
    told: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    make: Callable[..., Any] = request.getfixturevalue(told)
    folder = tmp_path_factory.mktemp("page") / told
    write_report(make(), folder)
    return folder


@pytest.fixture(scope="module")
def seen(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the browser saw, by device."""
    (folder / "look.html").write_text(_LOOK.replace("WIDTHS", json.dumps(_WIDTHS)))
    output = _chromium(
        ["--dump-dom", "--virtual-time-budget=20000", "--allow-file-access-from-files",
         "--window-size=1600,1600", (folder / "look.html").as_uri()],
        tmp_path_factory.mktemp("profile"),
    )  # fmt: skip
    found = re.search(r'<pre id="seen">(.*?)</pre>', output, flags=re.DOTALL)
    assert found, f"the browser wrote nothing down: {output[:2000]}"
    return dict(json.loads(html.unescape(found[1])))


@pytest.mark.parametrize("device", _WIDTHS)
def test_nothing_sticks_out_of_the_page(seen: dict[str, Any], device: str) -> None:
    assert seen[device]["clientWidth"] == _WIDTHS[device]
    assert seen[device]["scrollWidth"] <= seen[device]["clientWidth"]


@pytest.mark.parametrize("device", _WIDTHS)
def test_every_figure_is_seen_once_and_has_words(
    seen: dict[str, Any], told: str, device: str
) -> None:
    figures = seen[device]["figures"]
    assert [figure["name"] for figure in figures] == [f"figure-{name}" for name in _PAGES[told]]
    for figure in figures:
        assert figure["role"] == "img"
        assert figure["title"]
        assert len(figure["alt"]) > 60
        assert figure["height"] > 150


@pytest.mark.parametrize("device", _WIDTHS)
def test_texts_in_figures_can_be_read(seen: dict[str, Any], device: str) -> None:
    """No label is cut off at the figure's edge, and none is tiny, but the numbers of qubits."""
    for figure in seen[device]["figures"]:
        assert len(figure["texts"]) > 5
        for text in figure["texts"]:
            assert text["outside"] < 1, (figure["name"], text)
            if not figure["scrolls"]:
                assert text["pixels"] >= 7.5, (figure["name"], text)


@pytest.mark.parametrize("device", _WIDTHS)
def test_the_page_asks_for_nothing(seen: dict[str, Any], device: str) -> None:
    assert seen[device]["requests"] == []


@pytest.mark.parametrize("device", _WIDTHS)
def test_the_text_is_large_enough(seen: dict[str, Any], device: str) -> None:
    assert seen[device]["smallest"] >= 13


def test_it_prints_on_a_few_pages(folder: Path, tmp_path: Path) -> None:
    pdf = tmp_path / "report.pdf"
    _chromium(
        [f"--print-to-pdf={pdf}", "--no-pdf-header-footer", (folder / "report.html").as_uri()],
        tmp_path / "profile",
    )
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF")
    pages = len(re.findall(rb"/Type\s*/Page\b", content))
    assert 4 <= pages <= 16


def _chromium(arguments: list[str], profile: Path) -> str:
    """The browser's standard output; it has its own profile and talks to nobody."""
    assert _BROWSER, "Chromium must be installed, or named in NISQDL_BROWSER, but was not found."
    command = [
        _BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-dev-shm-usage", "--hide-scrollbars", f"--user-data-dir={profile}", *arguments,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)
    return done.stdout
