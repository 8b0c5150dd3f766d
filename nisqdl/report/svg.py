"""Figures as text and bytes: SVG for pages and files, PNG for places that show no SVG."""

from __future__ import annotations

import io
import re
from html import escape
from typing import TYPE_CHECKING

from nisqdl.report.style import look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# DejaVu Sans, for which texts are laid out, is wide: the others fit where it does.
_FONTS = "'DejaVu Sans', Verdana, Arial, sans-serif"


def svg_text(figure: Figure, name: str, title: str, description: str) -> str:
    """One ``<svg>`` element, the same bytes for the same figure.

    Text stays text. Ids begin with the figure's name, so that several figures share one page.

    Args:
        figure: The figure.
        name: Letters, digits, ``-`` and ``_``; unique on the page.
        title: The accessible name.
        description: What is seen, for readers who do not see it.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    stream = io.StringIO()
    with look():
        FigureCanvasSVG(figure).print_svg(stream, metadata=dict.fromkeys(_METADATA))
    text = stream.getvalue()
    head, body = text[text.index("<svg") :].rstrip().split(">", 1)
    width, height = _pixels(head)
    box = re.search(r'viewBox="[^"]*"', head)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {box.group() if box else ""} '
        f'width="{width:.0f}" height="{height:.0f}" font-family="{_FONTS}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>{_compact(body, name)}'
    )


def png_bytes(figure: Figure, dpi: int = 160) -> bytes:
    """The figure as PNG, the same bytes for the same figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    stream = io.BytesIO()
    with look():
        figure.set_dpi(dpi)
        FigureCanvasAgg(figure).print_png(stream, metadata={"Software": None})
    return stream.getvalue()


_METADATA = ("Date", "Creator", "Format", "Type")


def _pixels(head: str) -> tuple[float, float]:
    """Width and height in CSS pixels, from the points that Matplotlib writes."""
    sizes = re.findall(r'\s(?:width|height)="([\d.]+)pt"', head)
    width, height = (float(size) * 96 / 72 for size in sizes[:2])
    return width, height


def _compact(body: str, name: str) -> str:
    """Half the size and nothing that is seen: what is never referred to, digits, indents.

    Only tags are touched: the texts between them are the figure's numbers.
    """
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", body, flags=re.DOTALL)
    # No figure draws beyond its axes, so nothing needs to be clipped.
    body = re.sub(r' clip-path="[^"]*"|<clipPath.*?</clipPath>', "", body, flags=re.DOTALL)
    used = set(re.findall(r'(?:href="|url\()#([^")]*)', body))

    def tidy(tag: re.Match[str]) -> str:
        text = re.sub(r'\sid="([^"]*)"', lambda m: m.group() if m.group(1) in used else "", tag[0])
        text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text)
        text = text.replace("xlink:href", "href")
        text = re.sub(r"font: (\d+ )?([\d.]+px) 'DejaVu Sans'", _font, text)
        text = text.replace("font-family: 'DejaVu Sans'; ", "")  # the root has it
        text = re.sub(r' transform="rotate\(-0 [^"]*"', "", text)
        return re.sub(r"(\d\.\d{2})\d+", r"\1", text)

    body = re.sub(r"<[^>]*>", tidy, body)
    return re.sub(r"\n\s*", "\n", body)


def _font(match: re.Match[str]) -> str:
    weight = f"font-weight: {match[1].strip()}; " if match[1] else ""
    return f"{weight}font-size: {match[2]}"
