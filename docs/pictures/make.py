#!/usr/bin/env python3
"""Makes the pictures of this folder from a real rehearsal of samples/mailing.csv.

    docs/pictures/make.py [PROGRAM]      (default: target/release/esign-copy)

run.svg is what a terminal of 116 columns shows: the progress bar as it was drawn last, then the lines at the end.
page.png is the page of a rehearsal in which two rows are refused, as headless Chromium draws it; without Chromium it
is left as it is. Needs nothing but Python's standard library.
"""

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
COLUMNS = 116
RUN = ["esign-copy", "run", "mailing.csv", "--endpoint", "sandbox"]
PAGE = RUN + ["--fault-script", "faults.json", "--html", "mailing.html"]
FAULTS = """[
  {"email": "yuki.tanaka@example.com", "faults": ["refuse"]},
  {"email": "tomas.novak@example.com", "faults": ["404"]}
]"""


class Screen:
    """As much of a terminal as the progress bar uses."""

    def __init__(self):
        self.rows, self.row, self.column = [""], 0, 0
        self.frame, self.frame_row = [], 0

    def write(self, text):
        for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", text):
            if part == "\r":
                self.column = 0
            elif part == "\n":
                self.down(1)
            elif part.startswith("\x1b["):
                self.control(part[-1], part[2:-1])
            else:
                for character in part:
                    self.put(character)
            self.keep_frame()

    def put(self, character):
        if self.column == COLUMNS:
            self.down(1)
            self.column = 0
        line = self.rows[self.row].ljust(self.column)
        self.rows[self.row] = line[: self.column] + character + line[self.column + 1 :]
        self.column += 1

    def down(self, count):
        self.row += count
        self.rows += [""] * (self.row + 1 - len(self.rows))

    def control(self, letter, number):
        count = int(number) if number.isdigit() else 1
        if letter == "A":
            self.row = max(0, self.row - count)
        elif letter == "B":
            self.down(count)
        elif letter == "K":
            kept = "" if number == "2" else self.rows[self.row][: self.column]
            self.rows[self.row] = kept
        elif letter not in "mhl":
            sys.exit(f"unknown control sequence: ESC[{number}{letter}")

    def keep_frame(self):
        """The bar and the counts below it, as long as they are there."""
        rows = self.rows[self.row - 1 : self.row + 1]
        if len(rows) == 2 and rows[0].startswith("[") and rows[1].endswith("waiting"):
            self.frame, self.frame_row = rows, self.row - 1


def in_terminal(command, program, folder):
    """What a terminal shows of a command: its lines, with the bar's last frame where it was."""
    screen = Screen()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execve(program, command, {"TERM": "xterm", "PATH": os.environ["PATH"]})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, COLUMNS, 0, 0))
    output = b""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        output += data
    _, status = os.waitpid(pid, 0)
    if status != 0:
        sys.exit(output.decode() + f"\n{command} ended with {os.waitstatus_to_exitcode(status)}")
    screen.write(output.decode())
    rows = [row.rstrip() for row in screen.rows]
    while rows and not rows[-1]:
        rows.pop()
    return rows[: screen.frame_row] + screen.frame + rows[screen.frame_row :]


def svg(command, rows):
    """Lines of text as a picture of a terminal."""
    size, wide, high, margin = 14, 8.43, 20, 16
    width = round(COLUMNS * wide + 2 * margin)
    height = (len(rows) + 1) * high + 2 * margin
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        "<title>A rehearsal in a terminal</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#14171a"/>',
        f'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="{size}" fill="#e8ebee">',
    ]
    for number, text in enumerate(["$ " + " ".join(command), *rows]):
        if not text:
            continue
        y = margin + number * high + size
        colour = ' fill="#93b8ee"' if number == 0 else ""
        # The length keeps the columns in line, whichever font is there.
        out.append(
            f'<text x="{margin}" y="{y}" textLength="{len(text) * wide:.1f}" xml:space="preserve"{colour}>{escape(text)}</text>'
        )
    return "\n".join([*out, "</g>", "</svg>", ""])


def page(program, folder):
    """The page of a rehearsal with trouble, as a browser draws it."""
    browser = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    if browser is None:
        print("page.png is left as it is: there is no Chromium", file=sys.stderr)
        return
    subprocess.run(PAGE, executable=program, cwd=folder, stderr=subprocess.DEVNULL, check=False)
    shot = folder / "page.png"
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1100,1120"]
    address = (folder / "mailing.html").as_uri()
    subprocess.run([browser, *flags, f"--screenshot={shot}", address], stderr=subprocess.DEVNULL, check=True)
    shutil.copyfile(shot, HERE / "page.png")


def main():
    program = Path(sys.argv[1] if len(sys.argv) > 1 else PROJECT / "target/release/esign-copy").resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(PROJECT / "samples/mailing.csv", folder)
        (folder / "faults.json").write_text(FAULTS)
        rows = in_terminal(RUN, program, folder)
        (HERE / "run.svg").write_text(svg(RUN, rows))
        page(program, folder)


if __name__ == "__main__":
    main()
