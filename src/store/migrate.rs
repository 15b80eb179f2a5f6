//! The schema: one numbered list of files for both engines, run at start, never edited once released.

use anyhow::{Context as _, bail};

/// Every migration in order; the number of a migration is its place, from 1.
const MIGRATIONS: &[&str] =
    &[include_str!("../../migrations/0001_chat.sql"), include_str!("../../migrations/0002_webhooks.sql")];

/// Serialises the migrations of several processes that start at once on one PostgreSQL database.
const LOCK: i64 = 0x7061_7274_796c_696e;

fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

fn pending(version: i64) -> anyhow::Result<impl Iterator<Item = (i64, &'static str)>> {
    if version > newest() {
        bail!(
            "the database has schema {version} and this partyline knows {}: start the newer partyline that made it, \
             or name another database",
            newest()
        );
    }
    Ok((1..).zip(MIGRATIONS.iter().copied()).filter(move |(number, _)| *number > version))
}

/// What SQLite calls things, how it numbers rows, and how it clusters a table by its key.
fn sqlite_text(migration: &str) -> String {
    migration
        .replace(" BYTEA", " BLOB")
        .replace(" BIGSERIAL PRIMARY KEY", " INTEGER PRIMARY KEY")
        .replace("); -- [clustered]", ") WITHOUT ROWID;")
}

/// Brings a SQLite database up to date; each migration is one transaction.
pub fn sqlite(connection: &rusqlite::Connection) -> anyhow::Result<()> {
    let version = connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))?;
    for (number, text) in pending(version)? {
        let script =
            format!("BEGIN IMMEDIATE; {} PRAGMA user_version = {number}; COMMIT;", sqlite_text(text));
        connection.execute_batch(&script).with_context(|| format!("migration {number}"))?;
    }
    Ok(())
}

/// Brings a PostgreSQL database up to date; all pending migrations are one transaction.
pub async fn postgres(client: &mut tokio_postgres::Client) -> anyhow::Result<()> {
    let transaction = client.transaction().await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    transaction
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS schema_version (only_row BOOLEAN PRIMARY KEY, version BIGINT NOT NULL);
             INSERT INTO schema_version VALUES (TRUE, 0) ON CONFLICT DO NOTHING",
        )
        .await?;
    let version: i64 = transaction.query_one("SELECT version FROM schema_version", &[]).await?.get(0);
    for (number, text) in pending(version)? {
        transaction.batch_execute(text).await.with_context(|| format!("migration {number}"))?;
        transaction.execute("UPDATE schema_version SET version = $1", &[&number]).await?;
    }
    Ok(transaction.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_schema_is_refused_and_a_current_one_left_alone() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        sqlite(&connection).unwrap();
        sqlite(&connection).unwrap();
        connection.pragma_update(None, "user_version", newest() + 1).unwrap();
        assert!(sqlite(&connection).unwrap_err().to_string().contains("newer partyline"));
    }
}
