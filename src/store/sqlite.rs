//! The SQLite engine: one writer that commits in groups, and a read-only connection for every worker thread.
//!
//! The writer takes what is queued, runs every command in one transaction, commits with full durability and only then
//! answers. A command that fails after it has written spoils the group: the group is rolled back and its commands run
//! again, each in a transaction of its own. (A savepoint around each command would do the same at the cost of a page
//! copy per page it touches, for every command that does not fail.)

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::Context as _;
use futures_util::FutureExt as _;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{OpenFlags, ToSql};
use tokio::sync::{mpsc, oneshot};

use super::tx::Engine;
use super::{Arg, Command, Env, Row, StoreError, StoreResult, Tx, migrate};
use crate::domain::cause::Cause;
use crate::error::ApiError;

/// As many commands share a commit as this.
const GROUP: usize = 256;
/// As many commands may wait for the writer as this; more wait in their connections.
const QUEUE: usize = 1_024;
/// Statements kept prepared per connection: more than there are.
const STATEMENTS: usize = 256;
/// How large the write-ahead log may grow, in checkpoint sizes, before the writer itself folds it in.
const WAL_CEILING: u64 = 16;

/// Runs statements on one connection. `$1` is SQLite's `?1`; the text is rewritten once per statement and connection.
pub struct Connection {
    inner: rusqlite::Connection,
    texts: RefCell<HashMap<(usize, usize), Box<str>>>,
    /// Whether commits wait for the disk.
    durable: Cell<bool>,
}

impl Connection {
    fn new(inner: rusqlite::Connection, env: &Env) -> rusqlite::Result<Self> {
        inner.set_prepared_statement_cache_capacity(STATEMENTS);
        // A cached statement with bound values is planned once, not again at each execution.
        inner.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        inner.pragma_update(None, "cache_size", -i64::from(env.tuning.sqlite_cache_mib) * 1024)?;
        inner.pragma_update(None, "mmap_size", i64::from(env.tuning.sqlite_mmap_mib) << 20)?;
        inner.busy_timeout(std::time::Duration::from_secs(5))?;
        Ok(Self { inner, texts: RefCell::default(), durable: Cell::new(true) })
    }

    fn statement(&self, sql: &'static str) -> StoreResult<rusqlite::CachedStatement<'_>> {
        let mut texts = self.texts.borrow_mut();
        let text = texts.entry((sql.as_ptr() as usize, sql.len())).or_insert_with(|| rewrite(sql).into());
        self.inner.prepare_cached(text).map_err(|failure| error(&failure))
    }

    pub(super) fn each(
        &self,
        sql: &'static str,
        args: &[Arg<'_>],
        take: &mut dyn FnMut(&Row<'_>) -> StoreResult<()>,
    ) -> StoreResult<()> {
        let mut statement = self.statement(sql)?;
        let mut rows =
            statement.query(rusqlite::params_from_iter(args)).map_err(|failure| error(&failure))?;
        while let Some(row) = rows.next().map_err(|failure| error(&failure))? {
            take(&Row::Sqlite(row))?;
        }
        Ok(())
    }

    pub(super) fn run(&self, sql: &'static str, args: &[Arg<'_>]) -> StoreResult<u64> {
        let changed = self
            .statement(sql)?
            .execute(rusqlite::params_from_iter(args))
            .map_err(|failure| error(&failure))?;
        Ok(changed as u64)
    }

    fn control(&self, sql: &'static str) -> StoreResult<()> {
        self.inner
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([]))
            .map_err(|failure| error(&failure))
            .map(drop)
    }

    /// Has the commits from here on wait for the disk, or not. Whatever came before reaches the disk with the next one that
    /// waits.
    fn set_durable(&self, durable: bool) -> StoreResult<()> {
        if self.durable.get() != durable {
            self.control(if durable { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" })?;
            self.durable.set(durable);
        }
        Ok(())
    }

    /// Leaves a transaction; where the engine has left it by itself (a full disk does that), there is none to leave.
    fn roll_back(&self) {
        if !self.inner.is_autocommit() {
            let _ = self.inner.execute_batch("ROLLBACK");
        }
    }
}

/// An open transaction; it is left when this goes, also by a panic.
struct Open<'c>(&'c Connection);

impl<'c> Open<'c> {
    fn begin(connection: &'c Connection, sql: &'static str) -> StoreResult<Self> {
        connection.control(sql)?;
        Ok(Self(connection))
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.roll_back();
    }
}

/// SQLite has `?1` for `$1`, and needs no row locks: it has one writer.
fn rewrite(sql: &str) -> String {
    sql.replace('$', "?").replace(" FOR UPDATE", "").replace(" SKIP LOCKED", "").replace(" FOR SHARE", "")
}

impl ToSql for Arg<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Bool(value) => ValueRef::Integer(i64::from(*value)),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn error(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull | rusqlite::ErrorCode::SystemIoFailure) => {
            tracing::error!(%error, "the database cannot be written: free some space on its disk");
            StoreError::Full
        }
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => StoreError::Busy,
        _ => StoreError::Engine(error.to_string()),
    }
}

/// A store in SQLite.
#[derive(Clone)]
pub struct SqliteStore {
    place: Place,
    env: Arc<Env>,
}

#[derive(Clone)]
enum Place {
    /// One connection that everybody takes in turn.
    Memory(Arc<Mutex<Connection>>),
    /// A file, its writer, and the number that tells its readers from those of another store.
    File { path: Arc<Path>, id: u64, writer: Arc<Writer> },
}

thread_local! {
    /// This thread's read-only connections, by store.
    static READERS: RefCell<HashMap<u64, Rc<Connection>>> = RefCell::default();
}

impl SqliteStore {
    /// Opens a file or `:memory:`.
    pub fn open(database: &str, env: Arc<Env>) -> anyhow::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let place = if database == ":memory:" {
            let connection = rusqlite::Connection::open_in_memory()?;
            let connection = Connection::new(connection, &env)?;
            prepare_writer(&connection)?;
            migrate::sqlite(&connection.inner)?;
            Place::Memory(Arc::new(Mutex::new(connection)))
        } else {
            let path = PathBuf::from(database);
            let open = || -> anyhow::Result<Connection> {
                let connection = Connection::new(rusqlite::Connection::open(&path)?, &env)?;
                prepare_writer(&connection)?;
                migrate::sqlite(&connection.inner)?;
                Ok(connection)
            };
            let connection = open().with_context(|| format!("cannot open the database {database}"))?;
            let writer = Writer::start(connection, &path, env.clone())?;
            let id = NEXT.fetch_add(1, Ordering::Relaxed);
            Place::File { path: path.into(), id, writer: Arc::new(writer) }
        };
        Ok(Self { place, env })
    }

    /// Runs a write; answers when it is durable.
    pub async fn write<C: Command>(&self, cause: Cause, command: C) -> Result<C::Output, ApiError> {
        match &self.place {
            Place::Memory(connection) => {
                let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                let _open = Open::begin(&connection, "BEGIN IMMEDIATE")?;
                let (output, due) = run(&command, &cause, &connection, &self.env);
                let output = output?;
                connection.control("COMMIT")?;
                if due {
                    self.env.due.notify_one();
                }
                Ok(output)
            }
            Place::File { writer, .. } => writer.submit(cause, command).await,
        }
    }

    /// Runs a read in place, on this thread's connection and one snapshot.
    pub fn read<T>(
        &self,
        cause: &Cause,
        read: impl AsyncFnOnce(&Tx<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        match &self.place {
            Place::Memory(connection) => {
                let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                at_once(read(&Tx::new(Engine::Sqlite(&connection), &self.env, cause)))
            }
            Place::File { path, id, .. } => {
                let connection = reader(*id, path, &self.env)?;
                let _open = Open::begin(&connection, "BEGIN")?;
                let result = at_once(read(&Tx::new(Engine::Sqlite(&connection), &self.env, cause)));
                connection.control("COMMIT")?;
                result
            }
        }
    }

    /// Runs a read of one statement in place, on this thread's connection.
    pub fn look<T>(&self, read: impl AsyncFnOnce(&Tx<'_>) -> Result<T, ApiError>) -> Result<T, ApiError> {
        match &self.place {
            Place::Memory(_) => self.read(&Cause::Silent, read),
            Place::File { path, id, .. } => {
                let connection = reader(*id, path, &self.env)?;
                at_once(read(&Tx::new(Engine::Sqlite(&connection), &self.env, &Cause::Silent)))
            }
        }
    }

    /// Finishes what is queued, then folds the log into the database.
    pub async fn close(&self) {
        if let Place::File { writer, .. } = &self.place {
            writer.close().await;
        }
    }
}

fn prepare_writer(connection: &Connection) -> rusqlite::Result<()> {
    let inner = &connection.inner;
    inner.pragma_update(None, "journal_mode", "WAL")?;
    inner.pragma_update(None, "synchronous", "FULL")?;
    // Checkpoints have a thread of their own: inside a commit they are its p99.
    inner.pragma_update(None, "wal_autocheckpoint", 0)?;
    inner.pragma_update(None, "temp_store", "MEMORY")
}

fn reader(id: u64, path: &Path, env: &Env) -> StoreResult<Rc<Connection>> {
    READERS.with_borrow_mut(|readers| {
        if let Some(connection) = readers.get(&id) {
            return Ok(connection.clone());
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open =
            rusqlite::Connection::open_with_flags(path, flags).and_then(|inner| Connection::new(inner, env));
        let connection = Rc::new(open.map_err(|failure| error(&failure))?);
        readers.insert(id, connection.clone());
        Ok(connection)
    })
}

/// A transaction awaits nothing but its `Tx`, and here a `Tx` answers in place.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    std::pin::pin!(future).now_or_never().expect("a transaction awaits nothing but its Tx")
}

/// Runs a command; a panic in it is an error of this command alone. Says too whether it left something to deliver.
fn run<C: Command>(
    command: &C,
    cause: &Cause,
    connection: &Connection,
    env: &Env,
) -> (Result<C::Output, ApiError>, bool) {
    let tx = Tx::new(Engine::Sqlite(connection), env, cause);
    let result = catch_unwind(AssertUnwindSafe(|| at_once(command.run(&tx)))).unwrap_or_else(|_| {
        Err(StoreError::Engine("a command panicked; its transaction was rolled back".to_owned()).into())
    });
    (result, tx.has_due())
}

/// A queued command and whoever waits for its answer.
trait Job: Send {
    /// Runs the command and keeps its result; true when it is an error.
    fn run(&mut self, connection: &Connection, env: &Env) -> bool;
    /// True when the command that was run has left something to deliver.
    fn has_due(&self) -> bool;
    /// Whether the commit waits for the disk.
    fn is_durable(&self) -> bool;
    /// Hands the kept result over, or the reason why it was not committed.
    fn answer(self: Box<Self>, committed: StoreResult<()>);
}

struct Waiting<C: Command> {
    command: C,
    cause: Cause,
    result: Option<Result<C::Output, ApiError>>,
    due: bool,
    reply: oneshot::Sender<Result<C::Output, ApiError>>,
}

impl<C: Command> Job for Waiting<C> {
    fn run(&mut self, connection: &Connection, env: &Env) -> bool {
        let (result, due) = run(&self.command, &self.cause, connection, env);
        self.due = due;
        self.result.insert(result).is_err()
    }

    fn has_due(&self) -> bool {
        self.due
    }

    fn is_durable(&self) -> bool {
        C::DURABLE
    }

    fn answer(self: Box<Self>, committed: StoreResult<()>) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) | (Err(_), Some(result @ Err(_))) => result,
            (Ok(()), None) => Err(StoreError::Closed.into()),
            (Err(error), _) => Err(error.into()),
        };
        // Whoever asked may have gone; the write stands all the same.
        let _ = self.reply.send(result);
    }
}

struct Writer {
    queue: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Writer {
    fn start(connection: Connection, path: &Path, env: Arc<Env>) -> anyhow::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let (nudge, nudges) = std::sync::mpsc::sync_channel(1);
        let wal = Wal { path: wal_path(path), threshold: u64::from(env.tuning.sqlite_checkpoint_mib) << 20 };
        let checkpointer = rusqlite::Connection::open(path)?;
        let threads = vec![
            std::thread::Builder::new()
                .name("sqlite-writer".to_owned())
                .spawn(move || write(jobs, &connection, &env, &wal, &nudge))?,
            std::thread::Builder::new()
                .name("sqlite-checkpointer".to_owned())
                .spawn(move || checkpoint(&checkpointer, &nudges))?,
        ];
        Ok(Self { queue: Mutex::new(Some(queue)), threads: Mutex::new(threads) })
    }

    async fn submit<C: Command>(&self, cause: Cause, command: C) -> Result<C::Output, ApiError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Waiting { command, cause, result: None, due: false, reply });
        queue.ok_or(StoreError::Closed)?.send(job).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    async fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let joined =
            tokio::task::spawn_blocking(move || threads.into_iter().for_each(|thread| drop(thread.join())));
        let _ = joined.await;
    }
}

/// The write-ahead log beside a database, and from which size on it is folded in.
struct Wal {
    path: PathBuf,
    threshold: u64,
}

impl Wal {
    fn size(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |file| file.len())
    }
}

fn wal_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn write(
    mut jobs: mpsc::Receiver<Box<dyn Job>>,
    connection: &Connection,
    env: &Env,
    wal: &Wal,
    nudge: &std::sync::mpsc::SyncSender<()>,
) {
    let mut group = Vec::with_capacity(GROUP);
    let mut groups = 0_u64;
    while jobs.blocking_recv_many(&mut group, GROUP) > 0 {
        commit_group(&mut group, connection, env);
        groups += 1;
        if groups.is_multiple_of(64) {
            let size = wal.size();
            if size > wal.threshold * WAL_CEILING {
                // Readers or a stream of writes have kept the checkpointer from finishing: wait for them once.
                let _ = connection.inner.execute_batch("PRAGMA wal_checkpoint(RESTART)");
            } else if size > wal.threshold {
                let _ = nudge.try_send(());
            }
        }
    }
    let _ = connection.inner.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)");
}

fn commit_group(group: &mut Vec<Box<dyn Job>>, connection: &Connection, env: &Env) {
    match run_group(group, connection, env) {
        Ok(true) => {
            if group.iter().any(|job| job.has_due()) {
                env.due.notify_one();
            }
            group.drain(..).for_each(|job| job.answer(Ok(())));
        }
        Ok(false) => group.drain(..).for_each(|job| run_alone(job, connection, env)),
        Err(_) => {
            connection.roll_back();
            group.drain(..).for_each(|job| run_alone(job, connection, env));
        }
    }
}

/// Runs every job in one transaction and commits it; false when one of them wrote and then failed.
fn run_group(group: &mut [Box<dyn Job>], connection: &Connection, env: &Env) -> StoreResult<bool> {
    connection.set_durable(group.iter().any(|job| job.is_durable()))?;
    connection.control("BEGIN IMMEDIATE")?;
    for job in group {
        let before = connection.inner.total_changes();
        if job.run(connection, env)
            && (connection.inner.total_changes() != before || connection.inner.is_autocommit())
        {
            connection.roll_back();
            return Ok(false);
        }
    }
    connection.control("COMMIT")?;
    Ok(true)
}

fn run_alone(mut job: Box<dyn Job>, connection: &Connection, env: &Env) {
    let begun = connection.set_durable(job.is_durable()).and_then(|()| connection.control("BEGIN IMMEDIATE"));
    let committed = begun.and_then(|()| {
        if job.run(connection, env) {
            connection.roll_back();
            Ok(())
        } else {
            connection.control("COMMIT")
        }
    });
    if committed.is_err() {
        connection.roll_back();
    } else if job.has_due() {
        env.due.notify_one();
    }
    job.answer(committed);
}

/// Folds the log into the database when the writer asks for it, beside readers and the writer.
fn checkpoint(connection: &rusqlite::Connection, nudges: &std::sync::mpsc::Receiver<()>) {
    while nudges.recv().is_ok() {
        if let Err(error) = connection.execute_batch("PRAGMA wal_checkpoint(PASSIVE)") {
            tracing::warn!(%error, "the write-ahead log could not be folded into the database");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_rewritten_and_locks_left_out() {
        assert_eq!(
            rewrite("SELECT a FROM t WHERE b = $1 AND c = $12 FOR UPDATE"),
            "SELECT a FROM t WHERE b = ?1 AND c = ?12"
        );
    }
}
