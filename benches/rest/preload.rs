//! Fills databases straight through SQL, so that a million rows take seconds.

use std::path::{Path, PathBuf};

use partyline::sid::{ChannelSid, MemberSid, MessageSid, RoleSid, ServiceSid, Sid, SidSource, UserSid};
use partyline::time::Clock;
use rusqlite::{Connection, params};

use crate::process::Server;

/// What a message says: as long as people's are.
pub(crate) const BODY: &str = "Good+morning%2C+the+parcel+is+at+the+door";
const TEXT: &str = "Good morning, the parcel is at the door";

/// As many channels share the preloaded messages as this.
pub(crate) const TURN: usize = 10;

/// Between two channels with members stand so many less one without, so that both kinds are spread over the same pages.
pub(crate) const STRIDE: usize = 26;

/// A closed database with an account and a service in it, and what was put into it.
pub(crate) struct Filled {
    pub(crate) path: PathBuf,
    pub(crate) service: String,
    pub(crate) channels: Vec<String>,
    /// A sample of the messages, each with its channel.
    pub(crate) messages: Vec<(String, String)>,
    pub(crate) messages_count: usize,
}

/// An empty database with a service, made by partyline itself.
pub(crate) fn empty(path: PathBuf) -> anyhow::Result<Filled> {
    let server = Server::partyline(&path)?;
    let made = server.caller.send(&server.caller.post("/v2/Services", "FriendlyName=bench", 201))?;
    let made: serde_json::Value = serde_json::from_str(&made)?;
    server.stop()?;
    let service = made["sid"].as_str().unwrap_or_default().to_owned();
    Ok(Filled { path, service, channels: Vec::new(), messages: Vec::new(), messages_count: 0 })
}

/// What to put into a database.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rows {
    pub(crate) channels: usize,
    /// All messages together, in turn into the first [`TURN`] channels.
    pub(crate) messages: usize,
    /// Members of every [`STRIDE`]th channel.
    pub(crate) members: usize,
}

/// A copy of a database with more rows.
pub(crate) fn more(base: &Filled, name: &str, rows: Rows) -> anyhow::Result<Filled> {
    let path = crate::disk::copy(&base.path, name)?;
    let mut channels = base.channels.clone();
    let mut messages = base.messages.clone();
    let service: ServiceSid = base.service.parse()?;
    let mut connection = Connection::open(&path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144",
    )?;
    let transaction = connection.transaction()?;
    {
        let sids = SidSource::new();
        let now = Clock::System.now();
        let fresh: Vec<ChannelSid> = (0..rows.channels).map(|_| sids.next(now)).collect();
        add_channels(&transaction, service, &fresh, now.as_micros())?;
        let turn = &fresh[..fresh.len().min(TURN)];
        messages.extend(add_messages(&transaction, turn, &sids, rows.messages)?);
        if rows.members > 0 {
            let full: Vec<ChannelSid> = fresh.iter().copied().step_by(STRIDE).collect();
            add_members(&transaction, service, &full, &sids, rows.members)?;
        }
        channels.extend(fresh.iter().map(ToString::to_string));
    }
    transaction
        .execute("UPDATE service SET channel_members_limit = 1000000, user_channels_limit = 1000000", [])?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)?;
    sync(&path)?;
    Ok(Filled {
        path,
        service: base.service.clone(),
        channels,
        messages,
        messages_count: base.messages_count + rows.messages,
    })
}

fn sync(path: &Path) -> std::io::Result<()> {
    std::fs::File::open(path)?.sync_all()
}

fn add_channels(
    sql: &Connection,
    service: ServiceSid,
    sids: &[ChannelSid],
    now: i64,
) -> rusqlite::Result<()> {
    let mut insert = sql.prepare(
        "INSERT INTO channel (sid, service_sid, type, friendly_name, unique_name, created_by, members_count,
             messages_count, next_index, webhooks_count, created_at, updated_at, document_event, roster_event,
             messages_event)
         VALUES (?1, ?2, 'public', 'A channel', ?3, 'system', 0, 0, 0, 0, ?4, ?4, 0, 0, 0)",
    )?;
    for sid in sids {
        insert.execute(params![sid.as_bytes(), service.as_bytes(), format!("name-{sid}"), now])?;
    }
    Ok(())
}

/// Appends messages to channels in turn; answers about a thousand of them.
fn add_messages(
    sql: &Connection,
    channels: &[ChannelSid],
    sids: &SidSource,
    count: usize,
) -> rusqlite::Result<Vec<(String, String)>> {
    let mut insert = sql.prepare(
        "INSERT INTO message (channel_sid, idx, sid, author, body, was_edited, created_at, updated_at, created_event,
             changed_event)
         VALUES (?1, ?2, ?3, 'system', ?4, 0, ?5, ?5, ?6, ?6)",
    )?;
    let mut sample = Vec::new();
    let every = (count / 1_000).max(1);
    for number in 0..count {
        let channel = channels[number % channels.len()];
        let index = i64::try_from(number / channels.len()).unwrap_or_default();
        let now = Clock::System.now();
        let sid: MessageSid = sids.next(now);
        insert.execute(params![
            channel.as_bytes(),
            index,
            sid.as_bytes(),
            TEXT,
            now.as_micros(),
            index + 1
        ])?;
        if number % every == number / every % every {
            sample.push((channel.to_string(), sid.to_string()));
        }
    }
    let mut counted = sql.prepare(
        "UPDATE channel SET (messages_count, next_index, messages_event, document_event, last_message_index,
             last_message_sid, last_message_at)
           = (SELECT idx + 1, idx + 1, idx + 1, idx + 1, idx, message.sid, message.created_at FROM message
              WHERE channel_sid = ?1 ORDER BY idx DESC LIMIT 1)
         WHERE sid = ?1",
    )?;
    for channel in channels.iter().take(count) {
        counted.execute([channel.as_bytes()])?;
    }
    Ok(sample)
}

fn add_members(
    sql: &Connection,
    service: ServiceSid,
    channels: &[ChannelSid],
    sids: &SidSource,
    members: usize,
) -> anyhow::Result<()> {
    let role: Vec<u8> =
        sql.query_row("SELECT default_channel_role_sid FROM service", [], |row| row.get(0))?;
    let role = RoleSid::from_bytes(role.try_into().unwrap_or_default());
    let mut insert_user = sql.prepare(
        "INSERT INTO chat_user (sid, service_sid, identity, role_sid, joined_channels_count, bindings_count, created_at,
             updated_at, my_channels_event, info_event, friendly_name_event, attributes_event, reachability_event)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?6, ?5, 1, 1, 1, 1)",
    )?;
    let mut insert_member = sql.prepare(
        "INSERT INTO member (sid, service_sid, channel_sid, user_sid, identity, role_sid, notification_level,
             created_at, updated_at, created_event, changed_event, my_created_event, my_changed_event)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'default', ?7, ?7, ?8, ?8, ?9, ?9)",
    )?;
    let now = Clock::System.now();
    let count = i64::try_from(channels.len())?;
    let users: Vec<UserSid> = (0..members).map(|_| sids.next(now)).collect();
    for (number, user) in users.iter().enumerate() {
        let identity = format!("preloaded-{number}");
        insert_user.execute(params![
            user.as_bytes(),
            service.as_bytes(),
            identity,
            role.as_bytes(),
            count,
            now.as_micros()
        ])?;
    }
    for (my_event, channel) in (1_i64..).zip(channels) {
        for (number, user) in users.iter().enumerate() {
            let member: MemberSid = sids.next(now);
            insert_member.execute(params![
                member.as_bytes(),
                service.as_bytes(),
                channel.as_bytes(),
                user.as_bytes(),
                format!("preloaded-{number}"),
                role.as_bytes(),
                now.as_micros(),
                i64::try_from(number)? + 1,
                my_event
            ])?;
        }
    }
    let mut counted =
        sql.prepare("UPDATE channel SET members_count = ?2, roster_event = ?2 WHERE sid = ?1")?;
    for channel in channels {
        counted.execute(params![channel.as_bytes(), i64::try_from(members)?])?;
    }
    Ok(())
}
