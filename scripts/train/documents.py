"""The books of the Rust toolchain that is installed here, as one plain text to train on.

    .train/bin/python scripts/train/documents.py -o out/rust.txt

Only pages of the books named below, which are MIT OR Apache-2.0 like the toolchain (share/doc/rust/COPYRIGHT.html).
Characters outside printable ASCII become their nearest ones, or nothing; the same toolchain gives the same bytes.
"""

import argparse
import hashlib
import html.parser
import pathlib
import re
import subprocess
import sys
import unicodedata

import command
from errors import UserError

# Their whole text is one page, print.html, in share/doc/rust/html. The longest comes last, so that the last tenth, which
# validates, is of a book that training has seen the beginning of.
BOOKS = ("error_codes", "rust-by-example", "nomicon", "edition-guide", "embedded-book", "style-guide", "book")
BREAKS = {"p", "pre", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr", "blockquote", "dt", "dd", "div"}
SILENT = {"script", "style", "nav", "button", "title", "head"}
NEAREST = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\u2026": "...", "\u00d7": "x", "\u2192": "->"}


class Page(html.parser.HTMLParser):
    """The text inside <main>, code as it stands, everything else with single blanks."""

    def __init__(self):
        super().__init__()
        self.parts, self.inside, self.silent, self.code = [], 0, 0, 0
        # of each open span, whether it holds lines of an example that the book itself hides
        self.spans = []

    def handle_starttag(self, tag, attrs):
        self.inside += tag == "main"
        self.silent += tag in SILENT
        self.code += tag == "pre"
        self.break_at(tag)
        if tag == "span":
            self.spans.append(("class", "boring") in attrs)
            self.silent += self.spans[-1]

    def handle_endtag(self, tag):
        self.inside -= tag == "main"
        self.silent -= tag in SILENT
        self.code -= tag == "pre"
        if tag == "span" and self.spans:
            self.silent -= self.spans.pop()
        self.break_at(tag)

    def break_at(self, tag):
        """Blocks stand apart."""
        if self.inside and tag in BREAKS:
            self.parts.append("\n\n" if tag in ("p", "pre") or tag.startswith("h") else "\n")

    def handle_data(self, data):
        if self.inside and not self.silent:
            self.parts.append(data if self.code else re.sub(r"\s+", " ", data))

    def text(self):
        """What was read."""
        return "".join(self.parts)


def plain(text):
    """Printable ASCII and line ends; at most one empty line in a row."""
    text = "".join(NEAREST.get(c, c) for c in text)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if c == "\n" or " " <= c <= "~")
    text = re.sub(r"[ \t]+\n", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def book(folder, name):
    """One book's text."""
    path = folder / name / "print.html"
    try:
        raw = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path}: {reason}; install the toolchain's documentation with `rustup component add rust-docs`") from error
    page = Page()
    page.feed(raw)
    return plain(page.text())


def installed():
    """Where the toolchain in use keeps its documentation."""
    try:
        root = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(f"rustc: {error}; install Rust, or give the folder with --docs") from error
    return pathlib.Path(root) / "share" / "doc" / "rust" / "html"


def arguments(words):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", required=True, metavar="FILE", help="text to write")
    parser.add_argument("--docs", type=pathlib.Path, metavar="DIR", help="folder of the books (default: the toolchain's own)")
    return parser.parse_args(words)


def run(args, _):
    """Reads every book, writes one text, says what is in it."""
    import export

    folder = args.docs or installed()
    texts = {name: book(folder, name) for name in BOOKS}
    whole = "\n".join(texts.values())
    export.write_atomically(args.out, whole.encode())
    for name, text in texts.items():
        print(f"{name:16} {len(text):>10,} characters")
    print(f"{'in all':16} {len(whole):>10,} characters, {len(set(whole))} different, sha256 {hashlib.sha256(whole.encode()).hexdigest()}")


if __name__ == "__main__":
    sys.exit(command.main("documents", arguments, run, sys.argv[1:]))
