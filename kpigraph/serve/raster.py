"""An SVG of ours as PNG, drawn by resvg in a process of its own.

resvg holds the interpreter's lock while it draws, about a tenth of a second: in the server's own process all other
answers would wait. A process a picture also bounds its memory and its time, and what it reads: the picture comes in by
standard input, and nothing else is opened but fonts. Letters are those of the Japanese font that is installed with this
package, so a machine without any draws the same; what that font lacks is drawn with the machine's own, else as a box.
"""

import subprocess
import sys
from pathlib import Path

import pylopdf_fonts_jp

WIDTH, HEIGHT = 1200, 630  # as Open Graph recommends for the picture of a page
_SECONDS = 10
_MEMORY = 1 << 30  # bytes of address space; drawing takes about 20 MB of memory
_DRAW = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({_MEMORY}, {_MEMORY}))
resource.setrlimit(resource.RLIMIT_CPU, ({_SECONDS}, {_SECONDS}))
import resvg_py
svg = sys.stdin.buffer.read().decode()
family = {{"font_family": "Noto Sans JP", "sans_serif_family": "Noto Sans JP"}}
png = resvg_py.svg_to_bytes(svg_string=svg, width={WIDTH}, font_files=sys.argv[1:], **family)
sys.stdout.buffer.write(bytes(png))
"""


class NotDrawnError(Exception):
    """A picture could not be drawn within its limits."""


def font() -> Path:
    """Return the file of the Japanese font."""
    return pylopdf_fonts_jp.sans_path()


def png(svg: bytes) -> bytes:
    """Return the picture as PNG, `WIDTH` pixels wide.

    Raises:
        NotDrawnError: if it takes too long or cannot be drawn.
    """
    command = [sys.executable, "-I", "-c", _DRAW, str(font())]
    try:
        done = subprocess.run(command, input=svg, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise NotDrawnError(f"not drawn within {_SECONDS} s") from error
    if done.returncode or not done.stdout.startswith(b"\x89PNG"):
        raise NotDrawnError(done.stderr.decode("utf-8", "replace")[-300:] or f"status {done.returncode}")
    return done.stdout
