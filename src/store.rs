//! Where everything is kept: one set of statements, two engines.
//!
//! A noun's SQL stands in `store/<noun>.rs` as small functions over [`Tx`]; the drivers [`sqlite`] and [`postgres`] run
//! statements and decide nothing. A write is a [`Command`]: it runs in one transaction, and may be run again.

pub mod accounts;
pub mod bindings;
pub mod channel_webhooks;
pub mod channels;
pub mod credentials;
pub mod deliveries;
pub mod invites;
pub mod members;
pub mod messages;
pub mod migrate;
pub mod postgres;
pub mod purge;
pub mod removed;
pub mod roles;
pub mod seek;
pub mod services;
pub mod sqlite;
pub mod tombstones;
pub mod tx;
pub mod user_channels;
pub mod users;

use std::sync::Arc;

pub use self::tx::{Arg, Columns, Env, FromRow, Row, ToArg, Tx};
use crate::domain::cause::Cause;
use crate::error::ApiError;

/// What a store can fail with, in the few meanings that anything above can act on.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another transaction was in the way; the write can be tried again. Never seen outside of the store.
    #[error("the transaction conflicts with another one")]
    Retry,
    /// Too much waits for the database, or it does not answer.
    #[error("the database is busy or does not answer")]
    Busy,
    /// The store was shut down.
    #[error("the store is closed")]
    Closed,
    /// The disk has no room; reads go on.
    #[error("the disk of the database is full")]
    Full,
    /// A stored value that this version cannot read.
    #[error("the database holds a value that cannot be read: {0}")]
    Decode(String),
    /// The engine's own error.
    #[error("{0}")]
    Engine(String),
}

/// Short for what every function of the store returns.
pub type StoreResult<T> = Result<T, StoreError>;

/// A write: rules and statements of one transaction. `run` may be called again after a conflict, so it takes `&self` and
/// touches nothing but `tx`.
pub trait Command: Send + 'static {
    /// What the write answers.
    type Output: Send + 'static;

    /// Whether the answer waits until the write survives a loss of power. Bookkeeping that is simply done again after one
    /// need not hold up the writes of others; a crash of the process alone loses neither.
    const DURABLE: bool = true;

    /// Loads, decides, writes.
    fn run(&self, tx: &Tx<'_>) -> impl Future<Output = Result<Self::Output, ApiError>>;
}

/// The store of a server, over either engine.
#[derive(Clone)]
pub enum Store {
    /// SQLite, in a file or in memory.
    Sqlite(sqlite::SqliteStore),
    /// PostgreSQL.
    Postgres(postgres::PgStore),
}

impl Store {
    /// Opens the database (`:memory:`, a file, or `postgres://...`), bringing its schema up to date.
    pub async fn open(database: &str, env: Arc<Env>) -> anyhow::Result<Self> {
        if database.starts_with("postgres://") || database.starts_with("postgresql://") {
            Ok(Self::Postgres(postgres::PgStore::open(database, env).await?))
        } else {
            Ok(Self::Sqlite(sqlite::SqliteStore::open(database, env)?))
        }
    }

    /// Runs a write of which nobody is told, in a transaction of its own, and answers when it is durable.
    pub async fn write<C: Command>(&self, command: C) -> Result<C::Output, ApiError> {
        self.write_for(Cause::Silent, command).await
    }

    /// Runs a write that somebody caused, in a transaction of its own, and answers when it is durable.
    pub async fn write_for<C: Command>(&self, cause: Cause, command: C) -> Result<C::Output, ApiError> {
        match self {
            Self::Sqlite(store) => store.write(cause, command).await,
            Self::Postgres(store) => store.write(cause, command).await,
        }
    }

    /// Runs a read against what was committed.
    pub async fn read<T>(
        &self,
        read: impl AsyncFnOnce(&Tx<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.read_for(&Cause::Silent, read).await
    }

    /// The same, for what somebody is about to cause.
    pub async fn read_for<T>(
        &self,
        cause: &Cause,
        read: impl AsyncFnOnce(&Tx<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        match self {
            Self::Sqlite(store) => store.read(cause, read),
            Self::Postgres(store) => store.read(cause, read).await,
        }
    }

    /// Runs a read of one statement, which is a snapshot by itself and needs no transaction around it.
    pub async fn look<T>(
        &self,
        read: impl AsyncFnOnce(&Tx<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        match self {
            Self::Sqlite(store) => store.look(read),
            Self::Postgres(store) => store.read(&Cause::Silent, read).await,
        }
    }

    /// Finishes what was accepted and leaves a clean database behind.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close(),
        }
    }
}
