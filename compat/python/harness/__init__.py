"""A tiny test runner: see case.py for what a test sees, __main__.py for how they run."""
