"""Draws the icons of the installed app from its SVG, as the build begins: PNG files in public/icons, which are not kept in git."""

from pathlib import Path

import typst

PUBLIC = Path(__file__).parent / "public"
SIZES = {"180": (180, 1.0), "192": (192, 1.0), "512": (512, 1.0), "maskable-512": (512, 0.8)}
GROUND = "#1f6f78"  # as in the SVG; a maskable icon is cut by the system, so it fills the whole square


def page(side: int, share: float) -> str:
    fill = "none" if share == 1.0 else f'rgb("{GROUND}")'
    return (
        f"#set page(width: {side}pt, height: {side}pt, margin: 0pt, fill: {fill})\n"
        f'#align(center + horizon, image("calha.svg", width: {share * 100}%))\n'
    )


def main() -> None:
    folder = PUBLIC / "icons"
    folder.mkdir(exist_ok=True)
    for name, (side, share) in SIZES.items():
        drawing = typst.compile(page(side, share).encode(), root=PUBLIC, format="png", ppi=72)
        assert isinstance(drawing, bytes)
        (folder / f"{name}.png").write_bytes(drawing)


if __name__ == "__main__":
    main()
