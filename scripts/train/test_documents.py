"""Pages to text."""

import contextlib
import io
import pathlib
import signal
import tempfile
import unittest
from unittest import mock

import documents

PAGE = """<html><head><title>no</title><style>no</style></head><body><nav>no</nav><main>
<h1 id="x"><a href="#x">Hello,  World!</a></h1><p>It&#39;s
a <em>line</em> \u2014 \u201cquoted\u201d, caf\u00e9 \u25cf.</p>
<pre><code><span class="boring"><span>hidden</span>
</span>fn main() {
    let x = <span class="n">1</span>;
}</code><button>copy</button></pre><ul><li>one</li><li>two</li></ul></main><p>no</p></body></html>"""
TEXT = """Hello, World!

It's a line - "quoted", cafe .

fn main() {
    let x = 1;
}

one

two
"""


class Pages(unittest.TestCase):
    """What stays and what goes."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_command(self, *words):
        handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
                code = documents.command.main("documents", documents.arguments, documents.run, list(map(str, words)))
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        return code, said.getvalue()

    def test_a_page_becomes_plain_text(self):
        page = documents.Page()
        page.feed(PAGE)
        self.assertEqual(documents.plain(page.text()), TEXT)

    def test_books_follow_one_another(self):
        for name in documents.BOOKS:
            (self.folder / name).mkdir()
            (self.folder / name / "print.html").write_text(f"<main><p>{name}</p></main>")
        out = self.folder / "text.txt"
        code, said = self.run_command("--docs", self.folder, "-o", out)
        self.assertEqual((code, out.read_text()), (0, "\n".join(f"{name}\n" for name in documents.BOOKS)))
        self.assertIn("sha256", said)

    def test_refusals(self):
        out = self.folder / "text.txt"
        code, said = self.run_command("--docs", self.folder, "-o", out)
        self.assertEqual(code, 2)
        self.assertRegex(said, "print.html: No such file or directory; install .* `rustup component add rust-docs`")
        with mock.patch.dict("os.environ", PATH=""):
            code, said = self.run_command("-o", out)
        self.assertEqual(code, 2)
        self.assertRegex(said, "rustc: .*; install Rust, or give the folder with --docs")
        self.assertFalse(out.exists())


if __name__ == "__main__":
    unittest.main()
