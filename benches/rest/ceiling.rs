//! What sets the ceiling: the same HTTP server with the same settings and nothing behind it but one statement.
//!
//! `/constant` answers bytes; `POST /CH..` inserts a message in a group commit; `GET /CH..`, `GET /IM..` look a row up;
//! `GET /CH../page` reads 50 messages. It knows no accounts, no services, no errors, no forms.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, HttpServer, web};
use partyline::sid::{ChannelSid, MessageSid, Sid, SidSource, SidText};
use partyline::time::{Clock, Timestamp};
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row, params};
use tokio::sync::oneshot;

/// As many inserts share a commit as this.
const GROUP: usize = 256;
/// The size of the write-ahead log at which it is folded in.
const CHECKPOINT: u64 = 16 << 20;

struct State {
    database: PathBuf,
    answer: Bytes,
    writer: mpsc::Sender<Insert>,
}

struct Insert {
    channel: ChannelSid,
    body: Bytes,
    done: oneshot::Sender<()>,
}

/// Serves until it is killed.
pub(crate) fn main(database: &str, answer: usize) -> anyhow::Result<()> {
    let connection = open(database.into(), OpenFlags::default())?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    let checkpointer = Connection::open(database)?;
    let (writer, jobs) = mpsc::channel();
    let (nudge, nudges) = mpsc::sync_channel(1);
    let log = PathBuf::from(format!("{database}-wal"));
    std::thread::spawn(move || write(&connection, &jobs, &log, &nudge));
    std::thread::spawn(move || {
        while nudges.recv().is_ok() {
            let _ = checkpointer.execute_batch("PRAGMA wal_checkpoint(PASSIVE)");
        }
    });
    let state = Data::new(State {
        database: database.into(),
        answer: format!("{{\"sid\": \"{}\"}}", "x".repeat(answer.saturating_sub(11))).into(),
        writer,
    });
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(move || {
            actix_web::App::new().app_data(state.clone()).default_service(web::to(answer_to))
        })
        .workers(1)
        .keep_alive(Duration::from_secs(75))
        .client_request_timeout(Duration::from_secs(30))
        .client_disconnect_timeout(Duration::from_secs(5))
        .bind("127.0.0.1:0")?;
        let address = server.addrs()[0];
        writeln!(std::io::stdout(), r#"{{"url": "http://{address}"}}"#)?;
        Ok(server.run().await?)
    })
}

fn open(path: PathBuf, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cache_size", -64 * 1024)?;
    Ok(connection)
}

async fn answer_to(state: Data<State>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let path = &request.path()[1..];
    let first = path.get(..34).unwrap_or_default();
    if let Ok(message) = first.parse::<MessageSid>() {
        return found(read(&state, |connection| look_up_message(connection, message)));
    }
    let Ok(channel) = first.parse::<ChannelSid>() else {
        return json(StatusCode::OK, state.answer.clone());
    };
    if request.method() == "POST" {
        let (done, committed) = oneshot::channel();
        let sent = state.writer.send(Insert { channel, body, done }).is_ok();
        return match committed.await {
            Ok(()) if sent => json(StatusCode::CREATED, state.answer.clone()),
            _ => HttpResponse::InternalServerError().finish(),
        };
    }
    found(read(&state, |connection| {
        if path.len() > 34 { page(connection, channel) } else { look_up_channel(connection, channel) }
    }))
}

fn json(status: StatusCode, body: impl Into<Bytes>) -> HttpResponse {
    HttpResponse::build(status).content_type(HeaderValue::from_static("application/json")).body(body.into())
}

fn found(body: rusqlite::Result<String>) -> HttpResponse {
    match body {
        Ok(body) => json(StatusCode::OK, body),
        Err(_) => HttpResponse::NotFound().finish(),
    }
}

fn write(
    connection: &Connection,
    jobs: &mpsc::Receiver<Insert>,
    log: &std::path::Path,
    nudge: &mpsc::SyncSender<()>,
) {
    let sids = SidSource::new();
    let mut next = HashMap::new();
    let mut group = Vec::with_capacity(GROUP);
    let mut groups = 0_u64;
    while let Ok(first) = jobs.recv() {
        group.push(first);
        group.extend(jobs.try_iter().take(GROUP - 1));
        if insert(connection, &sids, &mut next, &group).is_err() {
            // Whoever waits sees its answer fail.
            group.clear();
        }
        for insert in group.drain(..) {
            // Whoever asked may have gone.
            let _ = insert.done.send(());
        }
        groups += 1;
        if groups.is_multiple_of(64) && std::fs::metadata(log).is_ok_and(|log| log.len() > CHECKPOINT) {
            let _ = nudge.try_send(());
        }
    }
}

fn insert(
    connection: &Connection,
    sids: &SidSource,
    next: &mut HashMap<ChannelSid, i64>,
    group: &[Insert],
) -> rusqlite::Result<()> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    for Insert { channel, body, .. } in group {
        if !next.contains_key(channel) {
            let sql = "SELECT coalesce(max(idx), -1) + 1 FROM message WHERE channel_sid = ?1";
            next.insert(*channel, connection.query_row(sql, [channel.as_bytes()], |row| row.get(0))?);
        }
        let index = next.entry(*channel).or_default();
        let now = Clock::System.now();
        let sid: MessageSid = sids.next(now);
        let text = std::str::from_utf8(body).unwrap_or_default().trim_start_matches("Body=");
        connection
            .prepare_cached(
                "INSERT INTO message (channel_sid, idx, sid, author, body, was_edited, created_at, updated_at,
                     created_event, changed_event)
                 VALUES (?1, ?2, ?3, 'system', ?4, 0, ?5, ?5, ?6, ?6)",
            )?
            .execute(params![channel.as_bytes(), *index, sid.as_bytes(), text, now.as_micros(), *index + 1])?;
        *index += 1;
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

fn read<T>(state: &State, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    thread_local! {
        static READER: RefCell<Option<Connection>> = const { RefCell::new(None) };
    }
    READER.with_borrow_mut(|reader| {
        if reader.is_none() {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            *reader = Some(open(state.database.clone(), flags)?);
        }
        reader.as_ref().map_or(Err(rusqlite::Error::QueryReturnedNoRows), read)
    })
}

macro_rules! message {
    ($rest:literal) => {
        concat!(
            "SELECT sid, channel_sid, idx, author, body, attributes, last_updated_by, was_edited, created_at,
                 updated_at FROM message WHERE ",
            $rest
        )
    };
}

fn look_up_message(connection: &Connection, sid: MessageSid) -> rusqlite::Result<String> {
    connection.prepare_cached(message!("sid = ?1"))?.query_row([sid.as_bytes()], |row| {
        let mut out = String::with_capacity(1024);
        write_message(&mut out, row)?;
        Ok(out)
    })
}

fn page(connection: &Connection, channel: ChannelSid) -> rusqlite::Result<String> {
    let mut out = String::with_capacity(51 * 1024);
    out.push_str("{\"messages\": [");
    let mut statement =
        connection.prepare_cached(message!("channel_sid = ?1 AND idx >= 0 ORDER BY idx LIMIT 50"))?;
    let mut rows = statement.query([channel.as_bytes()])?;
    let mut first = true;
    while let Some(row) = rows.next()? {
        if !std::mem::take(&mut first) {
            out.push_str(", ");
        }
        write_message(&mut out, row)?;
    }
    out.push_str("]}");
    Ok(out)
}

const BASE: &str =
    "\", \"url\": \"http://127.0.0.1:12345/v2/Services/IS00000000000000000000000000000000/Channels/";
const ACCOUNT: &str = "\", \"account_sid\": \"AC00000000000000000000000000000000";
const SERVICE: &str = ", \"service_sid\": \"IS00000000000000000000000000000000\"";

fn write_message(out: &mut String, row: &Row<'_>) -> rusqlite::Result<()> {
    let (sid, channel) = (sid::<MessageSid>(row, 0)?, sid::<ChannelSid>(row, 1)?);
    out.push_str("{\"body\": ");
    text(out, row, 4, "null")?;
    out.push_str(", \"index\": ");
    out.push_str(&row.get::<_, i64>(2)?.to_string());
    out.push_str(", \"channel_sid\": \"");
    out.push_str(channel.as_str());
    out.push_str("\", \"from\": ");
    text(out, row, 3, "null")?;
    out.push_str(", \"date_updated\": \"");
    date(out, row, 9)?;
    out.push_str("\", \"type\": \"text");
    out.push_str(ACCOUNT);
    out.push_str("\", \"to\": \"");
    out.push_str(channel.as_str());
    out.push_str("\", \"last_updated_by\": ");
    text(out, row, 6, "null")?;
    out.push_str(", \"date_created\": \"");
    date(out, row, 8)?;
    out.push_str("\", \"media\": null, \"sid\": \"");
    out.push_str(sid.as_str());
    out.push_str(BASE);
    out.push_str(channel.as_str());
    out.push_str("/Messages/");
    out.push_str(sid.as_str());
    out.push_str("\", \"attributes\": ");
    text(out, row, 5, "\"{}\"")?;
    out.push_str(SERVICE);
    out.push_str(if row.get(7)? { ", \"was_edited\": true}" } else { ", \"was_edited\": false}" });
    Ok(())
}

fn look_up_channel(connection: &Connection, channel: ChannelSid) -> rusqlite::Result<String> {
    const SQL: &str = "SELECT sid, type, friendly_name, unique_name, attributes, created_by, members_count,
        messages_count, created_at, updated_at FROM channel WHERE sid = ?1";
    connection.prepare_cached(SQL)?.query_row([channel.as_bytes()], |row| {
        let mut out = String::with_capacity(1024);
        write_channel(&mut out, row)?;
        Ok(out)
    })
}

fn write_channel(out: &mut String, row: &Row<'_>) -> rusqlite::Result<()> {
    let sid = sid::<ChannelSid>(row, 0)?;
    out.push_str("{\"unique_name\": ");
    text(out, row, 3, "null")?;
    out.push_str(", \"members_count\": ");
    out.push_str(&row.get::<_, i64>(6)?.to_string());
    out.push_str(", \"date_updated\": \"");
    date(out, row, 9)?;
    out.push_str("\", \"friendly_name\": ");
    text(out, row, 2, "null")?;
    out.push_str(", \"created_by\": ");
    text(out, row, 5, "null")?;
    out.push_str(&ACCOUNT[1..]);
    out.push_str(BASE);
    out.push_str(sid.as_str());
    out.push_str("\", \"date_created\": \"");
    date(out, row, 8)?;
    out.push_str("\", \"sid\": \"");
    out.push_str(sid.as_str());
    out.push_str("\", \"attributes\": ");
    text(out, row, 4, "\"{}\"")?;
    out.push_str(SERVICE);
    out.push_str(", \"type\": ");
    text(out, row, 1, "null")?;
    out.push_str(", \"messages_count\": ");
    out.push_str(&row.get::<_, i64>(7)?.to_string());
    out.push_str(", \"links\": {");
    for (at, link) in
        ["messages\": \"", "invites\": \"", "members\": \"", "webhooks\": \"", "last_message\": \""]
            .into_iter()
            .enumerate()
    {
        out.push_str(if at == 0 { "\"" } else { "\", \"" });
        out.push_str(link);
        out.push_str(&BASE[11..]);
        out.push_str(sid.as_str());
        out.push_str("/Messages");
    }
    out.push_str("\"}}");
    Ok(())
}

fn sid<S: Sid>(row: &Row<'_>, at: usize) -> rusqlite::Result<SidText> {
    let bytes = row.get_ref(at)?.as_blob()?.try_into().unwrap_or_default();
    Ok(SidText::of(&S::from_bytes(bytes)))
}

fn date(out: &mut String, row: &Row<'_>, at: usize) -> rusqlite::Result<()> {
    Timestamp::from_micros(row.get(at)?).write_seconds(out);
    Ok(())
}

/// A text that holds nothing to escape, as those of the preloaded rows.
fn text(out: &mut String, row: &Row<'_>, at: usize, absent: &str) -> rusqlite::Result<()> {
    match row.get_ref(at)? {
        ValueRef::Null => out.push_str(absent),
        value => {
            out.push('"');
            out.push_str(value.as_str()?);
            out.push('"');
        }
    }
    Ok(())
}
