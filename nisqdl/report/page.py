"""A document as one self-contained HTML page: no script, no request, its style inside."""

from __future__ import annotations

from html import escape

from nisqdl.report.document import (
    Answer,
    Block,
    Code,
    DataTable,
    Document,
    Paragraph,
    Picture,
    Section,
)


def html_page(document: Document) -> str:
    """The whole page. All texts are escaped here; only figures' SVG is taken as it is."""
    contents = "\n".join(
        f'<li><a href="#{s.anchor}">{escape(s.title)}</a></li>' for s in document.sections
    )
    answers = "\n".join(_answer(answer) for answer in document.answers)
    sections = "\n".join(_section(section) for section in document.sections)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{escape(document.title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>{escape(document.title)}</h1>
<p class="status">{escape(document.status)}</p>
<div class="verdict">
{answers}
</div>
<nav aria-label="Contents"><ul>
{contents}
</ul></nav>
</header>
<main>
{sections}
</main>
</body>
</html>
"""


def _section(section: Section) -> str:
    blocks = "\n".join(_block(block) for block in section.blocks)
    return (
        f'<section id="{section.anchor}">\n<h2>{escape(section.title)}</h2>\n{blocks}\n</section>'
    )


def _block(block: Block) -> str:
    match block:
        case Paragraph(text, quiet):
            return f'<p class="quiet">{escape(text)}</p>' if quiet else f"<p>{escape(text)}</p>"
        case DataTable():
            return _table(block)
        case Picture():
            return _picture(block)
        case Code(text, _):
            return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'


def _answer(answer: Answer) -> str:
    details = "".join(f"<li>{escape(text)}</li>" for text in answer.details)
    listing = f"<ul>{details}</ul>" if details else ""
    return f'<p class="headline">{escape(answer.headline)}</p>{listing}'


def _table(table: DataTable) -> str:
    heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in table.columns)
    rows = "\n".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in table.rows
    )
    # The caption stands before the part that scrolls, so that it is read whole on a phone.
    return (
        f'<p class="caption">{escape(table.caption)}</p>\n'
        f"{_scrolling(table.caption)}<table>\n<thead><tr>{heads}</tr></thead>\n"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _picture(picture: Picture) -> str:
    if picture.narrow_svg is None:
        drawn = f"{_scrolling(picture.title)}{picture.svg}</div>"
    else:
        drawn = (
            f'<div class="wide">{picture.svg}</div>\n<div class="narrow">{picture.narrow_svg}</div>'
        )
    return (
        f'<figure id="figure-{picture.name}"><h3>{escape(picture.title)}</h3>\n{drawn}\n'
        f"<figcaption>{escape(picture.caption)}</figcaption></figure>"
    )


def _scrolling(label: str) -> str:
    """Opens a part that scrolls sideways on narrow screens, by keyboard too."""
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(label)}">'


_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 56rem; background: #fff;
  color: #1a1a1a; font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans",
  Verdana, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .4rem; }
h2 { font-size: 1.3rem; margin: 2.6rem 0 .8rem; padding-top: .8rem; border-top: 1px solid #d9d9d9; }
h3 { font-size: 1.05rem; margin: 0 0 .5rem; }
p { margin: .5rem 0; }
a { color: #00558a; }
.status { color: #444; margin-top: 0; }
.quiet { color: #555; font-size: .86rem; line-height: 1.45; }
.verdict { border-left: .35rem solid #0072B2; background: #f2f7fb; padding: .5rem 1.1rem;
  margin: 1.2rem 0; }
.headline { font-size: 1.18rem; line-height: 1.45; font-weight: 600; }
.verdict ul { padding-left: 1.2rem; margin: .6rem 0; }
.verdict li { margin: .35rem 0; }
nav ul { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap;
  gap: .3rem 1.3rem; }
figure { margin: 2rem 0; }
figcaption { margin-top: .5rem; max-width: 48rem; }
.scroll { overflow-x: auto; max-width: 100%; }
.scroll:focus-visible, pre:focus-visible { outline: 2px solid #0072B2; }
figure svg { display: block; width: 100%; height: auto; max-width: 52rem; }
figure .scroll svg { min-width: 40rem; }
.narrow { display: none; }
table { border-collapse: collapse; margin: 0 0 1rem; font-size: .9rem;
  font-variant-numeric: tabular-nums; min-width: 60%; }
.caption { color: #555; font-size: .9rem; margin: 1.4rem 0 .4rem; break-after: avoid; }
th, td { text-align: left; vertical-align: top; padding: .35rem 1.1rem .35rem 0;
  border-bottom: 1px solid #e3e3e3; }
thead th { border-bottom: 1.5px solid #767676; }
tbody th { font-weight: 600; }
td { min-width: 5rem; }
pre { background: #f6f6f6; padding: .8rem 1rem; overflow-x: auto; font-size: .85rem;
  line-height: 1.4; }
@media screen and (max-width: 40rem) {
  body { padding: 1rem .75rem 3rem; }
  .wide { display: none; }
  .narrow { display: block; }
  td { min-width: 7.2rem; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  .scroll, pre { overflow: visible; }
  pre { white-space: pre-wrap; }
  figure svg, figure .scroll svg { min-width: 0; max-width: 100%; max-height: 21cm; }
  figure .wide svg { max-height: 10.2cm; }
  figure { margin: 1rem 0; }
  figure, tr, .verdict { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  table { font-size: 7.5pt; min-width: 0; }
  th, td { padding-right: .5rem; min-width: 0; }
  thead th { white-space: normal; }
}
"""
