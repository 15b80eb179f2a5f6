//! The API's tests: the real server, in process, over the engine that the environment names.
//!
//! `cargo test --test it` runs them on SQLite. With `PARTYLINE_TEST_PG=postgres://user:password@host/name` each test makes
//! a database of its own on that server and drops it afterwards. Every answer of every test is checked against the
//! vendor's API description on its way (`openapi`).

#![expect(clippy::unwrap_used, reason = "what the tests' own functions trip over fails the test")]

mod app;
mod hooked;
mod openapi;
mod receiver;
mod world;

mod bindings;
mod bodies;
mod channels;
mod concurrency;
mod coverage;
mod credentials;
mod events;
mod fixtures;
mod http;
mod members;
mod messages;
mod paging;
mod roles;
mod services;
mod users;
mod webhooks;
mod webhooks_coverage;
mod webhooks_delivery;
mod webhooks_events;
mod webhooks_log;

mod webhooks_pre;
