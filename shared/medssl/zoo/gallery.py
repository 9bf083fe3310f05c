"""The gallery page: one card for each released bundle, in one file without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..pages import document

_STYLE = """body{max-width:76rem}
main{display:grid;gap:1.25rem;grid-template-columns:repeat(auto-fill,minmax(min(22rem,100%),1fr))}
article{border:1px solid #8886;border-radius:.6rem;overflow:hidden;padding:0 1rem 1rem;min-width:0}
img{display:block;margin:0 -1rem;width:calc(100% + 2rem);max-width:none;height:9rem;
object-fit:contain}
h2{font-size:1.1rem;margin:.8rem 0 .2rem}
dl{display:grid;grid-template-columns:auto 1fr;gap:.1rem .8rem;font-size:.875rem}
dt{opacity:.7}dd{margin:0}
pre{background:#8882;border-radius:.3rem;font-size:.75rem;padding:.5rem;white-space:pre-wrap;
overflow-wrap:anywhere}p{margin:.3rem 0}"""
_HEAD = """<h1>medssl bundles</h1>
<p>Self-supervised pretraining and fine-tuning of one 3D U-Net on CT. Research software, not a
medical device.</p>"""
_CARD = """<article id="{name}">
{image}<h2>{title}</h2>
<p>{description}</p>
<dl>
<dt>version</dt><dd>{version}</dd>
<dt>size</dt><dd>{size}</dd>
<dt>weights</dt><dd>{origin}</dd>
<dt>validation</dt><dd>{metrics}</dd>
<dt>licence</dt><dd>weights: {licence}<br>data: {data_licence}</dd>
<dt>SHA-256</dt><dd>{sha256}</dd>
</dl>
<pre>{command}</pre>
<pre>{monai}</pre>
</article>"""


def gallery_page(cards: Sequence[Mapping[str, str]]) -> str:
    """HTML of the page.

    Args:
        cards: for each bundle name, title, version, description, picture (a data URL or nothing),
            metrics, size, origin, licence, data_licence, sha256, command and monai, all of them
            escaped.
    """
    rendered = []
    for card in cards:
        image = f'<img src="{card["picture"]}" alt="what {card["name"]} sees">\n'
        rendered.append(_CARD.format(**card, image=image if card["picture"] else ""))
    cards_shown = "\n".join(rendered)
    return document("medssl bundles", f"{_HEAD}\n<main>\n{cards_shown}\n</main>", _STYLE)
