//! What a chat server must survive: crashes, crowds, hostile callers, a full disk, and its own command line.
//!
//! Every test starts the program as users do and speaks to it over sockets. `PARTYLINE_TEST_PG=postgres://...` adds the
//! runs on PostgreSQL, each in a database of its own.

#![expect(clippy::cast_possible_wrap, reason = "lengths of lists that a test made")]
#![expect(clippy::format_push_string, reason = "short texts, made once")]

mod support;

mod concurrency;
mod crash;
mod disk_full;
mod hostile;
mod program;
mod webhooks;
