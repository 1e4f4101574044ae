#!/usr/bin/env python3
"""Draws what a program writes to a terminal, escape codes and all, as an SVG.

    cargo build -p kakashi-std --example hello
    env -u NO_COLOR script -qec target/debug/examples/hello /dev/null | kakashi-std/docs/terminal.py > kakashi-std/docs/terminal.svg
"""

import html
import re
import sys

# On a dark ground of its own, so that a page's light or dark does not matter.
GROUND, PLAIN, DIM = "#1b1f27", "#e6e6e6", "#9aa4b2"
COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "36": "#76e3ea", "97": "#ffffff"}
WIDTH, HEIGHT, MARGIN = 7.83, 20, 14  # of a character at 13 px; of a line; around it all


def pieces(line):
    """Yields the parts of a line, each with its column and its escape code."""
    column, code = 0, ""
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b["):
            code = part[2:-1]
        elif part:
            yield column, code, part
            column += len(part)


def style(code):
    codes = code.split(";")
    fill = next((COLOURS[c] for c in codes if c in COLOURS), DIM if "2" in codes else PLAIN)
    return f' fill="{fill}"' + (' font-weight="bold"' if "1" in codes else "")


lines = sys.stdin.read().replace("\r", "").rstrip("\n").split("\n")
columns = max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in lines)
width, height = round(columns * WIDTH + 2 * MARGIN), len(lines) * HEIGHT + 2 * MARGIN
print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
      ' font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="13">')
print(f'<rect width="{width}" height="{height}" rx="8" fill="{GROUND}"/>')
for row, line in enumerate(lines):
    for column, code, text in pieces(line):
        if not text.strip():
            continue
        x, y = MARGIN + column * WIDTH, MARGIN + row * HEIGHT + 14
        # The font that the reader has may be wider: its text is made to fit.
        print(f'<text x="{x:.1f}" y="{y}" textLength="{len(text) * WIDTH:.1f}" lengthAdjust="spacingAndGlyphs"'
              f' xml:space="preserve"{style(code)}>{html.escape(text)}</text>')
print("</svg>")
