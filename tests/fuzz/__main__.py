"""Fuzzing of the readers: small valid files of every format, damaged at random, opened as a person opens them.

`make fuzz` runs 20,000 inputs; the same seed makes the same inputs. A finding is anything but a recording or an
InputError of one line: another exception, a crash, more than `SECONDS` or more than `MEMORY`. Its input is kept.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "engine" / "data"), str(HERE.parents[1])]

import mutations  # noqa: E402
import numpy as np  # noqa: E402
import seeds  # noqa: E402

SECONDS = 5.0
MEMORY = 2 << 30
BATCH = 250  # inputs of one process, so that a crash costs few


class TooSlow(BaseException):
    """An input that takes longer than `SECONDS`; no `except Exception` stops it."""


def open_all(path: Path) -> None:
    """Open everything in a file as the commands do. Raises what should never be raised."""
    from engine.data.file_card import file_card
    from engine.data.registry import expand
    from engine.errors import InputError, printable

    try:
        for source in expand(path)[:4]:
            card = file_card(source.open())
            assert all(printable(text) == text or text for row in card for text in row)
    except InputError as error:
        text = str(error)
        assert text == printable(text) and "\n" not in text and text.endswith("."), text


def try_input(path: Path) -> str:
    """One input: "" or what went wrong."""

    def late(*_: object) -> None:
        raise TooSlow

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        open_all(path)
    except TooSlow:
        return f"more than {SECONDS:g} s"
    except BaseException as error:
        return "".join(traceback.format_exception(error))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return ""


def inputs(seed: int, first: int, count: int, folder: Path, files: list[tuple[str, bytes]]) -> Iterator[Path]:
    """Write the inputs of these numbers, one after the other, each in a folder of its own."""
    for number in range(first, first + count):
        generator = np.random.default_rng((seed, number))
        name, data = files[number % len(files)]
        path = folder / f"{number}-{name}"
        path.write_bytes(mutations.mutated(data, name, generator))
        yield path
        path.unlink(missing_ok=True)


def run_batch(seed: int, first: int, count: int, folder: Path, kept: Path, files: list[tuple[str, bytes]]) -> int:
    """Try inputs in a process of their own; returns how many findings there were, each kept with what was said."""
    child = os.fork()
    if child == 0:
        found = 0
        try:
            used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            for path in inputs(seed, first, count, folder, files):
                if said := try_input(path):
                    found += 1
                    (kept / path.name).write_bytes(path.read_bytes())
                    (kept / f"{path.name}.txt").write_text(said)
        except BaseException:
            traceback.print_exc()
            found += 1
        os._exit(min(found, 100))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code >= 0:
        return code
    for path in folder.iterdir():  # the input that ended the process
        path.rename(kept / path.name)
        (kept / f"{path.name}.txt").write_text(f"ended by signal {-code}")
    return 1


def main() -> int:
    """Run it; exit code 1 where there are findings."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--inputs", type=int, default=20_000)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked.add_argument("--keep", type=Path, default=Path("out/fuzz"), help="Folder of the findings.")
    given = asked.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    started, findings = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        files = seeds.files(Path(scratch))
        import engine.data.file_card  # what every batch needs is imported once
        import engine.data.formats.keypoint_json  # noqa: F401

        workers = {}
        for worker in range(given.processes):
            child = os.fork()
            if child == 0:
                folder, mine = Path(scratch, f"inputs-{worker}"), 0
                folder.mkdir()
                for first in range(worker * BATCH, given.inputs, given.processes * BATCH):
                    count = min(BATCH, given.inputs - first)
                    mine += run_batch(given.seed, first, count, folder, given.keep, files)
                os._exit(min(mine, 100))
            workers[child] = worker
        while workers:
            child, status = os.wait()
            del workers[child]
            findings += abs(os.waitstatus_to_exitcode(status))
    seconds = time.monotonic() - started
    kinds = len({name for name, _ in files})
    print(f"{given.inputs} inputs of {kinds} kinds of files, seed {given.seed}: {findings} findings in {seconds:.0f} s")
    if findings:
        print(f"They lie in {given.keep}, each with what it raised.")
    return int(findings > 0)


if __name__ == "__main__":
    sys.exit(main())
