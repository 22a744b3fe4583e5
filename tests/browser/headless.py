"""A headless browser from npm that opens a glTF file with three.js."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
MODULES = FOLDER / "node_modules"
THREE = MODULES / "three"
OWN = (
    "--headless",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Beside the package's arguments: it asks nobody else for anything."""
START_S = 90
"""How long the browser may take: unpacking it, starting, loading and answering."""


def missing() -> str:
    """What is not there, and what to do about it; "" where the browser can be started."""
    if shutil.which("node") is None:
        return "Node.js is not installed, so no browser opens the file; install node and npm, then `make browser`"
    if not (THREE / "package.json").is_file() or not (MODULES / "@sparticuz").is_dir():
        return "the browser is not installed; run `make browser`"
    return ""


def validate(model: Path) -> dict[str, Any]:
    """What Khronos's validator says of a file: numErrors, numWarnings, messages."""
    said = subprocess.run(["node", str(FOLDER / "validate.js"), str(model)], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def open_in_browser(model: Path, times: list[float], vertices: list[int]) -> dict[str, Any]:
    """What the page finds: bones and some vertices at some times, and a picture (see page.html)."""
    answer: dict[str, Any] = {}
    told = threading.Event()
    handler = partial(_Handler, model=model, asked={"times": times, "vertices": vertices}, answer=answer, told=told)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with tempfile.TemporaryDirectory() as profile:
            address = f"http://127.0.0.1:{server.server_port}/page.html"
            _browse(address, Path(profile), told)
    finally:
        server.shutdown()
        server.server_close()
    return answer


def _browse(address: str, profile: Path, told: threading.Event) -> None:
    """Keep the browser on a page until it has told what it found. Raises RuntimeError where it does not."""
    environment = os.environ | {"TMPDIR": str(MODULES), "HOME": str(profile)}
    where = subprocess.run(
        ["node", str(FOLDER / "chromium.js")], env=environment, capture_output=True, text=True, check=True
    )
    start = json.loads(where.stdout)
    log = profile / "log"
    with log.open("w") as errors:
        command = [start["program"], *start["args"], *OWN, f"--user-data-dir={profile}", address]
        browser = subprocess.Popen(command, env=environment, stdout=errors, stderr=errors)
        try:
            deadline = time.monotonic() + START_S
            while not told.wait(0.1):
                if browser.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the page has not answered: {log.read_text()[-2000:]}")
        finally:
            browser.kill()
            browser.wait()


class _Handler(SimpleHTTPRequestHandler):
    """Serves the page, three.js, the model and what is asked of it; takes the answer."""

    def __init__(
        self, *args: Any, model: Path, asked: dict[str, Any], answer: dict[str, Any], told: threading.Event
    ) -> None:
        self.model, self.asked, self.answer, self.told = model, asked, answer, told
        super().__init__(*args, directory=str(FOLDER))

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        return {".js": "text/javascript", ".html": "text/html"}.get(Path(path).suffix, "application/octet-stream")

    def translate_path(self, path: str) -> str:
        if path == "/model.glb":
            return str(self.model)
        return super().translate_path(f"/node_modules{path}" if path.startswith("/three/") else path)

    def do_GET(self) -> None:
        if self.path != "/times.json":
            return super().do_GET()
        self._send(json.dumps(self.asked).encode())

    def do_POST(self) -> None:
        self.answer.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._send(b"")
        self.told.set()

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
