"""Runs all tests of tests/ and story/ inside one virtual environment.

    python -m harness --report FILE [--only TEXT]
"""

import argparse
import importlib
import json
import re
import sys
import time
import traceback
import warnings
from pathlib import Path

import twilio

from .case import REGISTRY, SERVER, Context

HERE = Path(__file__).resolve().parent.parent


def steady(text):
    """An error text without anything that changes from run to run."""
    text = text.replace(SERVER["url"].rstrip("/"), "{origin}")
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    text = re.sub(r"\b([A-Z]{2})[0-9a-fA-F]{32}", r"\1...", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[0-9.Z+:]*", "{date}", text)
    text = re.sub(r"datetime\.datetime\([^()]*(\(\))?[^()]*\)", "{date}", text)
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "{uuid}", text)
    text = re.sub(r"0x[0-9a-f]+", "0x...", text)
    return text[:300]


def place(error):
    """Where in the tests it happened."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__)
              if Path(frame.filename).parent.name in ("tests", "story")]
    return f"{Path(frames[-1].filename).relative_to(HERE)}:{frames[-1].lineno}" if frames else "harness"


def run(title, surface, function):
    context = Context(surface)
    try:
        function(context)
        return None
    except Exception as error:  # a test may fail in any way
        print(f"FAIL {title} ({place(error)})\n     {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
        return steady(lines[0] if isinstance(error, AssertionError) else f"{type(error).__name__}: {lines[0]}")
    finally:
        context.clean_up()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--only", default="")
    args = parser.parse_args()

    warnings.simplefilter("ignore", DeprecationWarning)
    for folder in ("tests", "story"):
        for path in sorted((HERE / folder).glob("*.py")):
            if not path.stem.startswith("_"):
                importlib.import_module(f"{folder}.{path.stem}")

    titles = [title for title, _, _ in REGISTRY]
    doubled = sorted({title for title in titles if titles.count(title) > 1})
    if doubled:
        sys.exit(f"two tests of one name: {', '.join(doubled)}")

    sdk = f"twilio-python {twilio.__version__}"
    results = []
    for title, surface, function in REGISTRY:
        if args.only not in title:
            continue
        started = time.monotonic()
        error = run(title, surface, function)
        took = time.monotonic() - started
        row = {"sdk": sdk, "test": title, "result": "fail" if error else "pass"}
        if error:
            row["error"] = error
        if took > 10:
            print(f"slow {title} ({took:.0f} s)", file=sys.stderr, flush=True)
        results.append(row)
    results.sort(key=lambda row: row["test"])
    args.report.write_text(json.dumps(results))


if __name__ == "__main__":
    main()
