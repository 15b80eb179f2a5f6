//! One open transaction of either engine, and how values go in and out of it.

use std::cell::Cell;

use super::{StoreError, StoreResult};
use crate::config::{Limits, Roles, Webhooks};
use crate::domain::cause::Cause;
use crate::sid::{self, Sid, SidSource};
use crate::time::{Clock, Timestamp};

/// What a transaction needs of the world: time, chance, and the operator's numbers.
pub struct Env {
    /// Where `now` comes from.
    pub clock: Clock,
    /// Where SIDs come from.
    pub sids: SidSource,
    /// The operator's limits.
    pub limits: Limits,
    /// The operator's default roles.
    pub roles: Roles,
    /// The operator's word on webhooks.
    pub webhooks: Webhooks,
    /// Told after each commit that has left something to deliver.
    pub due: tokio::sync::Notify,
    /// How the engines are run.
    pub tuning: Tuning,
}

/// The knobs of the engines.
#[derive(Debug, Clone, Copy)]
pub struct Tuning {
    /// SQLite's page cache per connection, in MiB.
    pub sqlite_cache_mib: u32,
    /// How much of SQLite's file is mapped into memory for reads, in MiB.
    pub sqlite_mmap_mib: u32,
    /// The size of SQLite's write-ahead log at which it is folded into the database, in MiB.
    pub sqlite_checkpoint_mib: u32,
    /// Connections to PostgreSQL.
    pub postgres_pool: usize,
    /// How long to wait for a connection to PostgreSQL, in milliseconds.
    pub postgres_timeout_ms: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            sqlite_cache_mib: 64,
            sqlite_mmap_mib: 1_024,
            sqlite_checkpoint_mib: 16,
            postgres_pool: 16,
            postgres_timeout_ms: 5_000,
        }
    }
}

/// A parameter of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arg<'a> {
    /// SQL's NULL.
    Null,
    /// BIGINT; times too, in microseconds.
    Int(i64),
    /// BOOLEAN.
    Bool(bool),
    /// TEXT.
    Text(&'a str),
    /// BYTEA; SIDs too.
    Bytes(&'a [u8]),
}

/// A value that a statement takes.
pub trait ToArg {
    /// The value as a parameter.
    fn to_arg(&self) -> Arg<'_>;
}

impl ToArg for i64 {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Int(*self)
    }
}

impl ToArg for bool {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Bool(*self)
    }
}

impl ToArg for str {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Text(self)
    }
}

impl ToArg for String {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Text(self)
    }
}

impl ToArg for Timestamp {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Int(self.as_micros())
    }
}

impl<T: ToArg> ToArg for Option<T> {
    fn to_arg(&self) -> Arg<'_> {
        self.as_ref().map_or(Arg::Null, ToArg::to_arg)
    }
}

impl<T: ToArg + ?Sized> ToArg for &T {
    fn to_arg(&self) -> Arg<'_> {
        (**self).to_arg()
    }
}

/// The parameters of a statement, `$1` first.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::store::ToArg::to_arg(&$value)),*] };
}

/// One row of an answer, borrowed from the engine.
pub enum Row<'r> {
    /// Of SQLite.
    Sqlite(&'r rusqlite::Row<'r>),
    /// Of PostgreSQL.
    Postgres(&'r tokio_postgres::Row),
}

impl<'r> Row<'r> {
    fn sqlite(row: &'r rusqlite::Row<'r>, at: usize) -> StoreResult<rusqlite::types::ValueRef<'r>> {
        row.get_ref(at).map_err(|error| StoreError::Decode(error.to_string()))
    }

    fn postgres<T: tokio_postgres::types::FromSql<'r>>(
        row: &'r tokio_postgres::Row,
        at: usize,
    ) -> StoreResult<T> {
        row.try_get(at).map_err(|error| StoreError::Decode(error.to_string()))
    }

    /// A BIGINT.
    pub fn int(&self, at: usize) -> StoreResult<Option<i64>> {
        match self {
            Self::Sqlite(row) => match Self::sqlite(row, at)? {
                rusqlite::types::ValueRef::Null => Ok(None),
                value => value.as_i64().map(Some).map_err(|error| StoreError::Decode(error.to_string())),
            },
            Self::Postgres(row) => Self::postgres(row, at),
        }
    }

    /// A BOOLEAN.
    pub fn bool(&self, at: usize) -> StoreResult<Option<bool>> {
        match self {
            Self::Sqlite(_) => Ok(self.int(at)?.map(|value| value != 0)),
            Self::Postgres(row) => Self::postgres(row, at),
        }
    }

    /// A TEXT.
    pub fn text(&self, at: usize) -> StoreResult<Option<&'r str>> {
        match self {
            Self::Sqlite(row) => match Self::sqlite(row, at)? {
                rusqlite::types::ValueRef::Null => Ok(None),
                value => value.as_str().map(Some).map_err(|error| StoreError::Decode(error.to_string())),
            },
            Self::Postgres(row) => Self::postgres(row, at),
        }
    }

    /// A BYTEA.
    pub fn bytes(&self, at: usize) -> StoreResult<Option<&'r [u8]>> {
        match self {
            Self::Sqlite(row) => match Self::sqlite(row, at)? {
                rusqlite::types::ValueRef::Null => Ok(None),
                value => value.as_blob().map(Some).map_err(|error| StoreError::Decode(error.to_string())),
            },
            Self::Postgres(row) => Self::postgres(row, at),
        }
    }
}

/// The columns of a row, taken from left to right.
pub struct Columns<'r, 'a> {
    row: &'a Row<'r>,
    at: usize,
}

impl<'r, 'a> Columns<'r, 'a> {
    /// Leaves columns out.
    pub fn skip(&mut self, columns: usize) {
        self.at += columns;
    }

    /// Begins at the first column.
    #[must_use]
    pub fn new(row: &'a Row<'r>) -> Self {
        Self { row, at: 0 }
    }

    /// The next column, taken.
    pub fn take<T: Column<'r>>(&mut self) -> StoreResult<T> {
        let at = self.at;
        self.at += 1;
        T::read(self.row, at)
    }
}

/// A value that a column holds.
pub trait Column<'r>: Sized {
    /// Reads the column at this place.
    fn read(row: &Row<'r>, at: usize) -> StoreResult<Self>;
}

fn not_null<T>(value: Option<T>, at: usize) -> StoreResult<T> {
    value.ok_or_else(|| StoreError::Decode(format!("column {at} is NULL")))
}

impl<'r> Column<'r> for i64 {
    fn read(row: &Row<'r>, at: usize) -> StoreResult<Self> {
        not_null(row.int(at)?, at)
    }
}

impl<'r> Column<'r> for Option<i64> {
    fn read(row: &Row<'r>, at: usize) -> StoreResult<Self> {
        row.int(at)
    }
}

impl<'r> Column<'r> for bool {
    fn read(row: &Row<'r>, at: usize) -> StoreResult<Self> {
        not_null(row.bool(at)?, at)
    }
}

impl<'r> Column<'r> for Option<bool> {
    fn read(row: &Row<'r>, at: usize) -> StoreResult<Self> {
        row.bool(at)
    }
}

impl<'r> Column<'r> for &'r str {
    fn read(row: &Row<'r>, at: usize) -> StoreResult<Self> {
        not_null(row.text(at)?, at)
    }
}

impl<'r> Column<'r> for Option<&'r str> {
    fn read(row: &Row<'r>, at: usize) -> StoreResult<Self> {
        row.text(at)
    }
}

impl<'r> Column<'r> for String {
    fn read(row: &Row<'r>, at: usize) -> StoreResult<Self> {
        not_null(row.text(at)?, at).map(str::to_owned)
    }
}

impl<'r> Column<'r> for Option<String> {
    fn read(row: &Row<'r>, at: usize) -> StoreResult<Self> {
        Ok(row.text(at)?.map(str::to_owned))
    }
}

impl<'r> Column<'r> for Timestamp {
    fn read(row: &Row<'r>, at: usize) -> StoreResult<Self> {
        not_null(row.int(at)?, at).map(Self::from_micros)
    }
}

impl<'r> Column<'r> for Option<Timestamp> {
    fn read(row: &Row<'r>, at: usize) -> StoreResult<Self> {
        Ok(row.int(at)?.map(Timestamp::from_micros))
    }
}

/// How each kind of SID goes in and out: as its 16 bytes.
macro_rules! sid_columns {
    ($($kind:ident)*) => {$(
        impl ToArg for sid::$kind {
            fn to_arg(&self) -> Arg<'_> {
                Arg::Bytes(self.as_bytes())
            }
        }

        impl<'r> Column<'r> for sid::$kind {
            fn read(row: &Row<'r>, at: usize) -> StoreResult<Self> {
                sid_bytes(not_null(row.bytes(at)?, at)?, at).map(Self::from_bytes)
            }
        }

        impl<'r> Column<'r> for Option<sid::$kind> {
            fn read(row: &Row<'r>, at: usize) -> StoreResult<Self> {
                Ok(row.bytes(at)?.map(|bytes| sid_bytes(bytes, at)).transpose()?.map(sid::$kind::from_bytes))
            }
        }

        impl FromRow for sid::$kind {
            fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
                columns.take()
            }
        }
    )*};
}

fn sid_bytes(bytes: &[u8], at: usize) -> StoreResult<[u8; 16]> {
    bytes.try_into().map_err(|_| StoreError::Decode(format!("column {at} is not 16 bytes")))
}

sid_columns! {
    AccountSid KeySid ServiceSid ChannelSid MemberSid MessageSid InviteSid RoleSid UserSid BindingSid CredentialSid
    WebhookSid MediaSid FlowSid MessagingServiceSid
}

impl ToArg for [u8; 16] {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Bytes(self)
    }
}

impl<'r> Column<'r> for [u8; 16] {
    fn read(row: &Row<'r>, at: usize) -> StoreResult<Self> {
        sid_bytes(not_null(row.bytes(at)?, at)?, at)
    }
}

impl<'r> Column<'r> for Option<[u8; 16]> {
    fn read(row: &Row<'r>, at: usize) -> StoreResult<Self> {
        row.bytes(at)?.map(|bytes| sid_bytes(bytes, at)).transpose()
    }
}

/// A value made of a row's columns in the order of the statement.
pub trait FromRow: Sized {
    /// Reads the row.
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self>;
}

impl FromRow for i64 {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        columns.take()
    }
}

/// One open transaction (or, for reads, one connection).
pub struct Tx<'c> {
    engine: Engine<'c>,
    env: &'c Env,
    cause: &'c Cause,
    /// Whether something was written that the dispatcher is to deliver.
    due: Cell<bool>,
}

/// What a transaction runs on.
pub(super) enum Engine<'c> {
    Sqlite(&'c super::sqlite::Connection),
    PostgresClient(&'c deadpool_postgres::Client),
    PostgresTransaction(&'c deadpool_postgres::Transaction<'c>),
}

impl<'c> Tx<'c> {
    pub(super) fn new(engine: Engine<'c>, env: &'c Env, cause: &'c Cause) -> Self {
        Self { engine, env, cause, due: Cell::new(false) }
    }

    /// Whose doing the transaction is.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        self.cause
    }

    /// Has the dispatcher look for due deliveries once the transaction is committed.
    pub(super) fn leave_due(&self) {
        self.due.set(true);
    }

    /// Whether the dispatcher is to look.
    pub(super) fn has_due(&self) -> bool {
        self.due.get()
    }

    /// Waits for other transactions that are exclusive in the same matter, until they end. SQLite has one writer anyway.
    pub async fn be_exclusive(&self, matter: i64) -> StoreResult<()> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::PostgresClient(_) | Engine::PostgresTransaction(_) => {
                self.each("SELECT pg_advisory_xact_lock($1)", &[Arg::Int(matter)], &mut |_| Ok(())).await
            }
        }
    }

    /// The operator's numbers.
    #[must_use]
    pub fn env(&self) -> &Env {
        self.env
    }

    /// The time of this call.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.env.clock.now()
    }

    /// A new SID. Drawn inside the transaction, so that on SQLite SIDs follow the order of commits. On PostgreSQL they do
    /// within what a lock is held on, such as the messages of a channel; elsewhere neighbours may commit in the other
    /// order, milliseconds apart.
    #[must_use]
    pub fn new_sid<S: Sid>(&self) -> S {
        self.env.sids.next(self.now())
    }

    /// A new identity for something that is told to the outside, such as an event.
    #[must_use]
    pub fn new_token(&self) -> [u8; 16] {
        *self.new_sid::<sid::RequestSid>().as_bytes()
    }

    /// Runs a statement and hands over its rows as they come.
    pub async fn each(
        &self,
        sql: &'static str,
        args: &[Arg<'_>],
        take: &mut dyn FnMut(&Row<'_>) -> StoreResult<()>,
    ) -> StoreResult<()> {
        match &self.engine {
            Engine::Sqlite(connection) => connection.each(sql, args, take),
            Engine::PostgresClient(client) => {
                let statement =
                    client.prepare_cached(sql).await.map_err(|failure| super::postgres::error(&failure))?;
                let rows = client.query(&statement, &super::postgres::params(args)).await;
                for row in &rows.map_err(|failure| super::postgres::error(&failure))? {
                    take(&Row::Postgres(row))?;
                }
                Ok(())
            }
            Engine::PostgresTransaction(transaction) => {
                let statement = transaction
                    .prepare_cached(sql)
                    .await
                    .map_err(|failure| super::postgres::error(&failure))?;
                let rows = transaction.query(&statement, &super::postgres::params(args)).await;
                for row in &rows.map_err(|failure| super::postgres::error(&failure))? {
                    take(&Row::Postgres(row))?;
                }
                Ok(())
            }
        }
    }

    /// Every row of a statement.
    pub async fn all<R: FromRow>(&self, sql: &'static str, args: &[Arg<'_>]) -> StoreResult<Vec<R>> {
        let mut rows = Vec::new();
        self.each(sql, args, &mut |row| {
            rows.push(R::from_row(&mut Columns::new(row))?);
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    /// The only row of a statement, if it has one.
    pub async fn first<R: FromRow>(&self, sql: &'static str, args: &[Arg<'_>]) -> StoreResult<Option<R>> {
        let mut first = None;
        self.each(sql, args, &mut |row| {
            if first.is_none() {
                first = Some(R::from_row(&mut Columns::new(row))?);
            }
            Ok(())
        })
        .await?;
        Ok(first)
    }

    /// The only row of a statement that always has one.
    pub async fn one<R: FromRow>(&self, sql: &'static str, args: &[Arg<'_>]) -> StoreResult<R> {
        let row = self.first(sql, args).await?;
        row.ok_or_else(|| StoreError::Decode("a row that must be there is missing".to_owned()))
    }

    /// Runs a statement that answers no rows; says how many it changed.
    pub async fn run(&self, sql: &'static str, args: &[Arg<'_>]) -> StoreResult<u64> {
        match &self.engine {
            Engine::Sqlite(connection) => connection.run(sql, args),
            Engine::PostgresClient(client) => {
                let statement =
                    client.prepare_cached(sql).await.map_err(|failure| super::postgres::error(&failure))?;
                client
                    .execute(&statement, &super::postgres::params(args))
                    .await
                    .map_err(|failure| super::postgres::error(&failure))
            }
            Engine::PostgresTransaction(transaction) => {
                let statement = transaction
                    .prepare_cached(sql)
                    .await
                    .map_err(|failure| super::postgres::error(&failure))?;
                transaction
                    .execute(&statement, &super::postgres::params(args))
                    .await
                    .map_err(|failure| super::postgres::error(&failure))
            }
        }
    }
}
