"""Copies the fonts and icons that ship with the program into `resources/`, each with its licence.

    python tools/bundle.py icons FOLDER   FOLDER: the unpacked npm package lucide-static
    python tools/bundle.py fonts FOLDER   FOLDER: truetype/noto of Debian's fonts-noto-core and fonts-noto-extra

Needed only when an icon or a font is added or renewed; the results are in the repository. Text fonts are copied whole
and unchanged. Two fonts of signs are cut down to the few signs that keys and lists show (needs `fonttools`).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESOURCES = HERE.parent / "resources"

FONTS = (
    *(f"NotoSans-{weight}" for weight in ("Regular", "Medium", "SemiBold", "Bold", "Italic")),
    *(
        f"NotoSans{script}-{weight}"
        for script in ("Arabic", "Devanagari", "Ethiopic", "Gurmukhi", "Myanmar")
        for weight in ("Regular", "Bold")
    ),
)
# Noto Sans of this age has no arrows or key signs; these two do.
SIGNS = {
    "NotoSansMath-Regular": "↵⇥←→↑↓↔↕⟳⟲≤≥≠≈",
    "NotoSansSymbols2-Regular": "⇧⌘⌥⏎✓✗●○◆◇▲△■□☐☑⌫",
}


def icon_names() -> list[str]:
    lines = (HERE / "bundle_icons.txt").read_text("utf-8").splitlines()
    return sorted({name for line in lines if not line.startswith("#") for name in line.split()})


def thin(svg: str) -> str:
    """One Lucide icon on one line, its stroke 1.5 wide; `currentColor` stays, so that the theme colours it."""
    svg = re.sub(r"<!--.*?-->|\s+class=\"[^\"]*\"", "", svg, flags=re.DOTALL)
    svg = svg.replace('stroke-width="2"', 'stroke-width="1.5"')
    svg = re.sub(r"\s+", " ", svg).replace("> <", "><").replace(" >", ">").replace(" />", "/>").strip()
    if 'stroke-width="1.5"' not in svg or "currentColor" not in svg:
        raise SystemExit(f"not the Lucide form that is expected: {svg[:120]}")
    return svg + "\n"


def icons(package: Path) -> None:
    target = RESOURCES / "icons"
    target.mkdir(parents=True, exist_ok=True)
    for name in icon_names():
        source = (package / "icons" / f"{name}.svg").read_text("utf-8")
        (target / f"{name}.svg").write_text(thin(source), "utf-8")
    shutil.copyfile(package / "LICENSE", target / "LICENSE-Lucide.txt")
    print(f"{len(icon_names())} icons")


def fonts(folder: Path) -> None:
    target = RESOURCES / "fonts"
    target.mkdir(parents=True, exist_ok=True)
    for name in FONTS:
        shutil.copyfile(folder / f"{name}.ttf", target / f"{name}.ttf")
    for name, signs in SIGNS.items():
        subprocess.run(
            [
                *(sys.executable, "-m", "fontTools.subset", str(folder / f"{name}.ttf"), f"--text={signs} "),
                *(f"--output-file={target / name}.ttf", "--name-IDs=*", "--no-hinting", "--layout-features="),
            ],
            check=True,
        )
    total = sum(file.stat().st_size for file in target.glob("*.ttf"))
    print(f"{len(FONTS) + len(SIGNS)} fonts, {total / 1e6:.1f} MB")


def main() -> None:
    if len(sys.argv) != 3 or sys.argv[1] not in ("icons", "fonts"):
        raise SystemExit(__doc__)
    (icons if sys.argv[1] == "icons" else fonts)(Path(sys.argv[2]))


if __name__ == "__main__":
    main()
