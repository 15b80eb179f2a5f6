# What CI does is a target that you can run. `make` is the quick round before a commit.

export PARTYLINE_BIN ?= $(abspath $(or $(CARGO_TARGET_DIR),target))/debug/partyline
PG_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))/test-pg

# Format, lints, documentation and the Rust tests on SQLite.
default: lint test-rust

# Everything: what CI runs. Installs what the tests need besides Rust, Node 20 and Python 3.11.
test: lint test-rust test-pg compat

# rustfmt, clippy and rustdoc, each without a warning.
lint:
	cargo fmt --check
	cargo clippy --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --quiet

# The Rust tests on SQLite.
test-rust:
	cargo test

# The tests that use the store, on a throw-away PostgreSQL.
test-pg:
	tests/with-postgres.sh $(PG_DIR) cargo test --test it --test conformance --test hard

# The official SDKs for Node and Python against the built binary, on SQLite and on PostgreSQL.
compat: compat-node compat-python compat-pg

compat-node:
	cargo build --quiet
	cd compat/node && npm ci --no-audit --no-fund --silent && node run.mjs

compat-python:
	cargo build --quiet
	cd compat/python && python3 run.py

# The newest SDKs against PostgreSQL.
compat-pg:
	cargo build --quiet
	cd compat/node && npm ci --no-audit --no-fund --silent
	tests/with-postgres.sh $(PG_DIR) sh -c 'cd compat/node && node run.mjs --sdk 6 --database "$$PARTYLINE_TEST_PG"'
	tests/with-postgres.sh $(PG_DIR) sh -c 'cd compat/python && python3 run.py --sdk 9 --database "$$PARTYLINE_TEST_PG"'

# The numbers of docs/PERFORMANCE.md, as ratios against a ceiling in the same run.
bench:
	cargo bench --bench rest -- --full

# Writes the generated documents anew.
generate:
	PARTYLINE_BLESS=1 cargo test --quiet reference
	PARTYLINE_BLESS=1 cargo test --quiet --test it coverage

# The server, with credentials to paste.
run:
	cargo run --release

.PHONY: default test lint test-rust test-pg compat compat-node compat-python compat-pg bench generate run
