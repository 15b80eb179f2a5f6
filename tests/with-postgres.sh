#!/usr/bin/env bash
# Starts a throw-away PostgreSQL, runs a command with PARTYLINE_TEST_PG set, stops it. Usage: with-postgres.sh DIR CMD...
set -euo pipefail
dir=$1
shift

# Debian keeps the server's programs out of PATH.
programs() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true; }
if [ -z "$(programs)" ] && ! command -v initdb >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "PostgreSQL's server programs (initdb, pg_ctl) are not installed; on Debian: apt-get install postgresql" >&2
    exit 1
  fi
  apt-get update -q >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y postgresql >/dev/null
fi
[ -z "$(programs)" ] || PATH=$(programs):$PATH

# PostgreSQL does not run as root.
as=()
if [ "$(id -u)" = 0 ]; then
  id -u partyline-pg >/dev/null 2>&1 || useradd --system --no-create-home partyline-pg
  as=(setpriv --reuid partyline-pg --regid partyline-pg --clear-groups env HOME=/tmp)
fi

data=$(mktemp -d "${TMPDIR:-/tmp}/partyline-pg.XXXXXX")
mkdir -p "$dir"
[ "$(id -u)" = 0 ] && chown partyline-pg "$data"
stop() {
  "${as[@]}" env PATH="$PATH" pg_ctl -D "$data/db" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$data"
}
trap stop EXIT

"${as[@]}" env PATH="$PATH" initdb -D "$data/db" -A trust -U postgres -E UTF8 --locale=C.UTF-8 >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${as[@]}" env PATH="$PATH" pg_ctl -D "$data/db" -w -l "$data/log" \
  -o "-h 127.0.0.1 -p $port -k $data -c max_connections=300" start >/dev/null

PARTYLINE_TEST_PG="postgres://postgres@127.0.0.1:$port/postgres" "$@"
