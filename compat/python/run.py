#!/usr/bin/env python3
"""Runs the unmodified official `twilio` packages against a partyline binary.

    python run.py [--sdk 9.x] [--binary PATH] [--database URL] [--only TEXT]

For every requirements file: make (or reuse) a virtual environment, start the
binary, run all tests in that environment, stop the binary, write the results.
Standard library only. README.md says more.
"""

import argparse
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements"
VENVS = HERE / ".venv"
KNOWN_FAILURES = HERE.parent / "known-failures.txt"
START_TIMEOUT = 60
STOP_TIMEOUT = 15


def sdk_versions(wanted):
    """The pinned versions, oldest first; `9`, `9.x` and `9.13.0` all pick 9.13.0."""
    found = sorted((path.stem for path in REQUIREMENTS.glob("*.txt")),
                   key=lambda version: [int(part) for part in version.split(".")])
    if not wanted:
        return found
    prefix = wanted[:-2] if wanted.endswith(".x") else wanted
    picked = [version for version in found if version == prefix or version.startswith(prefix + ".")]
    if not picked:
        sys.exit(f"no SDK version matches {wanted}; there are {', '.join(found)}")
    return picked


def environment(version):
    """The interpreter of the version's virtual environment, made on first use."""
    pins = REQUIREMENTS / f"{version}.txt"
    venv = VENVS / version
    python = venv / "bin" / "python"
    stamp = venv / "installed.txt"
    pinned = f"python {sys.version_info[0]}.{sys.version_info[1]}\n{pins.read_text()}"
    if python.exists() and stamp.exists() and stamp.read_text() == pinned:
        return python
    print(f"twilio-python {version}: making the virtual environment", flush=True)
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(pins)], check=True)
    stamp.write_text(pinned)
    return python


class Server:
    """One run of `BINARY ci`: a random port, an empty database, fresh credentials."""

    def __init__(self, binary, database):
        command = [str(binary), "ci", "--listen", "127.0.0.1:0", "--set", "webhooks.pre_on_rest=true"]
        if database:
            command += ["--database", database]
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log,
                                        env=server_environment())
        self.lines = queue.Queue()
        threading.Thread(target=self._drain, daemon=True).start()
        try:
            self.credentials = json.loads(self.lines.get(timeout=START_TIMEOUT) or "null")
            missing = [key for key in ("url", "account_sid", "auth_token", "api_key_sid", "api_key_secret")
                       if key not in (self.credentials or {})]
            if missing:
                raise ValueError(f"the first line lacks {', '.join(missing)}")
        except (queue.Empty, ValueError) as error:
            self.process.kill()
            self.process.wait()
            sys.exit(f"the server did not announce itself ({error!r})\n{self.tail()}")

    def _drain(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(b"")

    def tail(self):
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace")[-4000:]

    def stop(self):
        """None when the server ended by itself on SIGTERM, else what went wrong."""
        if self.process.poll() is not None:
            return f"the server ended early with exit code {self.process.returncode}\n{self.tail()}"
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return f"the server did not stop within {STOP_TIMEOUT} s of SIGTERM"
        return None


def server_environment():
    """The server's settings come from its arguments alone, whatever the developer's shell has set."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith(("PARTYLINE_", "TWILIO_"))}


def child_environment(server):
    env = {name: value for name, value in os.environ.items()
           if not name.upper().endswith("_PROXY") and not name.upper().startswith("TWILIO_")}
    env["NO_PROXY"] = env["no_proxy"] = "*"
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    env["PARTYLINE_CI"] = json.dumps(server.credentials)
    return env


def run_tests(python, server, only):
    """Run the harness inside the virtual environment; its report is a list of results."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        command = [str(python), "-m", "harness", "--report", str(report)]
        if only:
            command += ["--only", only]
        done = subprocess.run(command, cwd=HERE, env=child_environment(server))
        if not report.exists():
            sys.exit(f"the tests ended with exit code {done.returncode} and left no report")
        return json.loads(report.read_text())


def known_failures():
    if not KNOWN_FAILURES.exists():
        return set()
    lines = (line.strip() for line in KNOWN_FAILURES.read_text().splitlines())
    return {line for line in lines if line and not line.startswith("#")}


def as_lines(results):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in results)


def compare(path, results):
    """Against the recorded results: the names of tests whose verdict differs."""
    if not path.exists():
        print(f"  no recorded results {path.name} to compare with")
        return []
    recorded = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        recorded[row["test"]] = row["result"]
    present = {row["test"]: row["result"] for row in results}
    return [f"{name}: recorded {recorded.get(name, 'nothing')}, now {present.get(name, 'nothing')}"
            for name in sorted(recorded.keys() | present.keys()) if recorded.get(name) != present.get(name)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sdk", help="one SDK version or generation (9.x); default: all")
    parser.add_argument("--binary", default=os.environ.get("PARTYLINE_BIN", HERE / "../../target/debug/partyline"))
    parser.add_argument("--database", help="handed to the binary; with postgres:// results are compared, not written")
    parser.add_argument("--only", help="run tests whose name contains this text; nothing is written")
    parser.add_argument("--results", type=Path, default=HERE.parent / "results", help="directory of the results")
    args = parser.parse_args()

    binary = Path(args.binary).resolve()
    if not os.access(binary, os.X_OK):
        sys.exit(f"no server binary at {args.binary}: build it, or give --binary or PARTYLINE_BIN")
    only_compare = bool(args.database) and re.match(r"postgres(ql)?://", args.database)
    known = known_failures()
    passed = failed = skipped = 0
    complaints = []

    for version in sdk_versions(args.sdk):
        python = environment(version)
        started = time.monotonic()
        server = Server(binary, args.database)
        try:
            results = run_tests(python, server, args.only)
        finally:
            trouble = server.stop()
        good = [row for row in results if row["result"] == "pass"]
        bad = [row for row in results if row["result"] == "fail"]
        passed += len(good)
        unknown = [row for row in bad if f"{row['sdk']} {row['test']}" not in known]
        failed += len(unknown)
        skipped += len(bad) - len(unknown)
        print(f"twilio-python {version}: {len(good)} passed, {len(unknown)} failed, {len(bad) - len(unknown)} known to fail"
              f" ({time.monotonic() - started:.0f} s)", flush=True)

        for row in bad:
            name = f"{row['sdk']} {row['test']}"
            if name in known:
                print(f"  known failure: {row['test']}: {row['error']}")
            else:
                complaints.append(f"{name}: {row['error']}")
        complaints += [f"{row['sdk']} {row['test']}: is listed as a known failure and passes"
                       for row in good if f"{row['sdk']} {row['test']}" in known]
        if trouble:
            complaints.append(f"twilio-python {version}: {trouble}")
        if not results:
            complaints.append(f"twilio-python {version}: no test ran")

        path = args.results / f"python-{version}.jsonl"
        if only_compare:
            complaints += [f"twilio-python {version}: {line}" for line in
                           ([] if args.only else compare(path, results))]
        elif not args.only:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(as_lines(results))

    for complaint in complaints:
        print(f"  {complaint}")
    # What is known to fail counts as skipped: known-failures.txt names it, and it may only shrink.
    print(f"compat-python: {passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
