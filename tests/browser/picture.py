"""Makes the picture that the README opens with: ``python -m tests.browser.picture PATH``.

Real JupyterLab and the real small model: what a person sees while somewhat more than half of a table is answered.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS
from tests.browser.lab import PATIENCE, Lab
from tests.small_model import home_with_weights

if TYPE_CHECKING:
    from tests.browser.lab import Notebook

ROOT = Path(__file__).parents[2]
WIDTH = 950
"""Of the page; what is kept is somewhat narrower, and twice as fine."""
MOST_BYTES = 150_000
SHARE = 0.6
SETUP = f"""%load_ext dw_jupyter
import pandas as pd
pd.options.display.max_rows = 6
reviews = pd.read_csv({str(ROOT / "notebooks/data/reviews.csv")!r}, index_col="review_id", keep_default_na=False)
# Far too long for the small model, which refuses them: rows that fail as rows fail.
for review in ("R002", "R013", "R019"):
    reviews.loc[review, "text"] += " And so it went on." * 2000"""
CELL = """%%dwbatch reviews -o labels --schema "sentiment: positive|negative" --keep title --temperature 0
Classify the sentiment of this review: {{ text }}"""
"""What is in the picture; the first cell is not."""
HIDDEN = ".jp-Toolbar, .jp-Notebook-footer, .jp-Cell:first-child, .jp-CellHeader, .jp-cell-toolbar { display: none }"


def take(notebook: Notebook) -> bytes:
    """Run the cells, and photograph the two that matter when so much is answered."""
    page = notebook.page
    notebook.command("application:toggle-left-area")
    notebook.run(0)
    notebook.wait_until_idle()
    notebook.run(1)
    page.wait_for_function(
        f"() => {{ const bar = document.querySelector('.dw-job progress'); return bar && bar.value >= {SHARE} }}",
        timeout=PATIENCE * 10_000,  # the small model takes its time
    )
    notebook.run(2)
    notebook.wait_until_idle()
    page.locator(".jp-Notebook .jp-Cell").nth(2).locator("table").wait_for()
    notebook.select(0)
    page.add_style_tag(content=HIDDEN)
    page.mouse.move(0, 0)
    first, last = (page.locator(".jp-Notebook .jp-Cell").nth(number).bounding_box() for number in (1, 2))
    assert first
    assert last
    height = last["y"] + last["height"] - first["y"]
    return page.screenshot(clip={"x": first["x"], "y": first["y"], "width": first["width"], "height": height})


def small(png: bytes) -> bytes:
    """The same picture with a palette, which is a third of the bytes."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main(path: Path) -> None:
    """Make it, and say how large it is."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        with home_with_weights(folder / "home") as home:
            environment = {"DW_JUPYTER_HOME": str(home)}
            with Lab(folder / "lab", environment) as lab:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
                lab.write("picture.ipynb", f"{SETUP}\n%dwbatch use local", CELL, "labels")
                with lab.open(browser, "picture.ipynb", scale=2, width=WIDTH) as notebook:
                    png = small(take(notebook))
                browser.close()
    assert len(png) <= MOST_BYTES, f"{len(png)} bytes are too many"
    path.write_bytes(png)
    print(f"{path}: {len(png):,} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    main(parser.parse_args().path)
