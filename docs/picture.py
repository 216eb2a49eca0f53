#!/usr/bin/env python3
"""Draws what a command printed as an SVG picture of a terminal: `COMMAND | python3 docs/picture.py TITLE > docs/scan.svg`."""
import html
import sys

ADVANCE, LEADING, MARGIN, BAR = 7.83, 19, 20, 34  # pixels, for a 13 px monospaced face
NBSP = "\N{NO-BREAK SPACE}"  # viewers collapse plain spaces


def main():
    lines = sys.stdin.read().rstrip("\n").split("\n")
    width = round(max(map(len, lines)) * ADVANCE + 2 * MARGIN)
    height = BAR + (len(lines) + 1) * LEADING + MARGIN
    text = "\n".join(
        f'<text x="{MARGIN}" y="{BAR + (n + 2) * LEADING - 8}" textLength="{len(line) * ADVANCE:.1f}">{html.escape(line).replace(" ", NBSP)}</text>'
        for n, line in enumerate(lines) if line.strip())
    print(f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">
<title>{html.escape(sys.argv[1])}</title>
<rect width="{width}" height="{height}" rx="10" fill="#12151a"/>
<rect width="{width}" height="{BAR}" rx="10" fill="#20252e"/>
<g font-family="'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="13" fill="#e8ebf0">
<text x="{MARGIN}" y="22" fill="#a3adba">{html.escape(sys.argv[1])}</text>
{text}
</g>
</svg>""")


if __name__ == "__main__":
    main()
