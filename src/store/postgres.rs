//! The PostgreSQL engine, for more than one node: pooled connections, cached statements, writes that are run again when
//! another transaction was in the way.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::BytesMut;
use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Config, NoTls};

use super::tx::Engine;
use super::{Arg, Command, Env, StoreError, StoreResult, Tx, migrate};
use crate::domain::cause::Cause;
use crate::error::ApiError;

/// How often a write is run before its caller is told that the database is busy.
const ATTEMPTS: u32 = 12;

/// A store in PostgreSQL.
#[derive(Clone)]
pub struct PgStore {
    pool: Pool,
    env: Arc<Env>,
}

impl PgStore {
    /// Connects, and brings the schema up to date.
    pub async fn open(url: &str, env: Arc<Env>) -> anyhow::Result<Self> {
        let config: Config =
            url.parse().context("the database URL must read postgres://user:password@host/name")?;
        let timeout = Duration::from_millis(env.tuning.postgres_timeout_ms);
        let manager =
            Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = Pool::builder(manager)
            .max_size(env.tuning.postgres_pool)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(timeout))
            .create_timeout(Some(timeout))
            .build()?;
        let mut client =
            pool.get().await.context("cannot connect to PostgreSQL: does it run, and is the URL right?")?;
        migrate::postgres(&mut client).await?;
        drop(client);
        Ok(Self { pool, env })
    }

    async fn client(&self) -> StoreResult<deadpool_postgres::Client> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Closed => StoreError::Closed,
            PoolError::Timeout(_) => StoreError::Busy,
            other => {
                tracing::error!(error = %other, "PostgreSQL cannot be reached");
                StoreError::Busy
            }
        })
    }

    /// Runs a write; again, after a short pause, when another transaction was in the way.
    pub async fn write<C: Command>(&self, cause: Cause, command: C) -> Result<C::Output, ApiError> {
        for attempt in 0..ATTEMPTS {
            match self.attempt(&cause, &command).await {
                Err(ApiError::Store(StoreError::Retry)) => {
                    let pause = rand::random_range(0..(1_u64 << attempt.min(6)));
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                answer => return answer,
            }
        }
        Err(StoreError::Busy.into())
    }

    async fn attempt<C: Command>(&self, cause: &Cause, command: &C) -> Result<C::Output, ApiError> {
        let mut client = self.client().await?;
        let transaction = client.transaction().await.map_err(|failure| error(&failure))?;
        if !C::DURABLE {
            let quick = transaction.batch_execute("SET LOCAL synchronous_commit = off").await;
            quick.map_err(|failure| error(&failure))?;
        }
        let tx = Tx::new(Engine::PostgresTransaction(&transaction), &self.env, cause);
        let output = command.run(&tx).await?;
        let due = tx.has_due();
        transaction.commit().await.map_err(|failure| error(&failure))?;
        if due {
            self.env.due.notify_one();
        }
        Ok(output)
    }

    /// Runs a read on a connection of its own; each statement sees what was committed when it began.
    pub async fn read<T>(
        &self,
        cause: &Cause,
        read: impl AsyncFnOnce(&Tx<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let client = self.client().await?;
        match read(&Tx::new(Engine::PostgresClient(&client), &self.env, cause)).await {
            Err(ApiError::Store(StoreError::Retry)) => Err(StoreError::Busy.into()),
            answer => answer,
        }
    }

    /// Lets the connections go.
    pub fn close(&self) {
        self.pool.close();
    }
}

pub(super) fn error(error: &tokio_postgres::Error) -> StoreError {
    let Some(state) = error.code() else {
        tracing::error!(%error, "the connection to PostgreSQL failed");
        return StoreError::Busy;
    };
    match *state {
        // A unique violation that a statement did not foresee means that it lost a race: run again, it sees the row.
        SqlState::T_R_SERIALIZATION_FAILURE
        | SqlState::T_R_DEADLOCK_DETECTED
        | SqlState::UNIQUE_VIOLATION => StoreError::Retry,
        SqlState::DISK_FULL => {
            tracing::error!(%error, "PostgreSQL's disk is full");
            StoreError::Full
        }
        SqlState::TOO_MANY_CONNECTIONS
        | SqlState::ADMIN_SHUTDOWN
        | SqlState::CRASH_SHUTDOWN
        | SqlState::CANNOT_CONNECT_NOW => {
            tracing::error!(%error, "PostgreSQL does not take connections");
            StoreError::Busy
        }
        _ => StoreError::Engine(match error.as_db_error() {
            Some(refusal) => format!("{} ({})", refusal.message(), refusal.code().code()),
            None => error.to_string(),
        }),
    }
}

pub(super) fn params<'a>(args: &'a [Arg<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    args.iter().map(|arg| arg as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Arg<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) => value.to_sql_checked(kind, out),
            Self::Bool(value) => value.to_sql_checked(kind, out),
            Self::Text(value) => value.to_sql_checked(kind, out),
            Self::Bytes(value) => value.to_sql_checked(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
