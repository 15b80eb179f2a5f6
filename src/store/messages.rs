//! Messages.

use super::{Columns, FromRow, Row, StoreResult, Tx};
use crate::args;
use crate::domain::at::{MessageAt, Name, ServiceAt};
use crate::domain::message::{MediaView, Message, MessageMedia, MessageView};
use crate::page::{Neighbours, PageRequest};
use crate::sid::{ChannelSid, MediaSid, MessageSid};
use crate::time::Timestamp;

macro_rules! columns {
    () => {
        "sid, channel_sid, idx, author, body, attributes, media_sid, media_size, media_content_type, media_filename,
         last_updated_by, was_edited, created_at, updated_at, created_event"
    };
}

impl FromRow for Message {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            sid: columns.take()?,
            channel_sid: columns.take()?,
            index: columns.take()?,
            author: columns.take()?,
            body: columns.take()?,
            attributes: columns.take()?,
            media: media(columns)?,
            last_updated_by: columns.take()?,
            was_edited: columns.take()?,
            created_at: columns.take()?,
            updated_at: columns.take()?,
            created_event: columns.take()?,
        })
    }
}

fn media(columns: &mut Columns<'_, '_>) -> StoreResult<Option<MessageMedia>> {
    let Some(sid) = columns.take::<Option<MediaSid>>()? else {
        columns.skip(3);
        return Ok(None);
    };
    let (size, content_type, filename) = (columns.take()?, columns.take()?, columns.take()?);
    Ok(Some(MessageMedia { sid, size, content_type, filename }))
}

/// What a list shows of a message.
macro_rules! view_columns {
    () => {
        "idx, sid, author, body, attributes, last_updated_by, was_edited, created_at, updated_at, media_sid, media_size,
         media_content_type, media_filename"
    };
}

fn view<'r>(columns: &mut Columns<'r, '_>, index: i64) -> StoreResult<MessageView<'r>> {
    Ok(MessageView {
        index,
        sid: columns.take()?,
        author: columns.take()?,
        body: columns.take()?,
        attributes: columns.take()?,
        last_updated_by: columns.take()?,
        was_edited: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
        media: match columns.take::<Option<MediaSid>>()? {
            None => None,
            Some(sid) => Some(MediaView {
                sid,
                size: columns.take()?,
                content_type: columns.take()?,
                filename: columns.take()?,
            }),
        },
    })
}

/// The message of this SID in a channel.
pub async fn find(tx: &Tx<'_>, channel: ChannelSid, message: MessageSid) -> StoreResult<Option<Message>> {
    let sql = concat!("SELECT ", columns!(), " FROM message WHERE sid = $2 AND channel_sid = $1");
    tx.first(sql, args![channel, message]).await
}

/// Hands over the message of a path, with all that the path names in one look; false when there is none.
pub async fn show(
    tx: &Tx<'_>,
    at: &MessageAt,
    show: &mut dyn FnMut(ChannelSid, &MessageView<'_>),
) -> StoreResult<bool> {
    const IN_SID: &str = concat!(
        "SELECT channel_sid, ",
        view_columns!(),
        " FROM message WHERE sid = $4 AND channel_sid = $3
          AND EXISTS (SELECT 1 FROM channel WHERE channel.sid = $3 AND service_sid = $2)
          AND EXISTS (SELECT 1 FROM service WHERE service.sid = $2 AND account_sid = $1)"
    );
    const IN_UNIQUE_NAME: &str = concat!(
        "SELECT channel_sid, ",
        view_columns!(),
        " FROM message WHERE sid = $4
          AND channel_sid = (SELECT channel.sid FROM channel WHERE unique_name = $3 AND service_sid = $2)
          AND EXISTS (SELECT 1 FROM service WHERE service.sid = $2 AND account_sid = $1)"
    );
    let ServiceAt { account, service } = at.channel.service;
    let mut found = false;
    let mut take = |row: &Row<'_>| {
        let mut columns = Columns::new(row);
        let (channel, index) = (columns.take()?, columns.take()?);
        found = true;
        show(channel, &view(&mut columns, index)?);
        Ok(())
    };
    match &at.channel.channel {
        Name::Sid(channel) => {
            tx.each(IN_SID, args![account, service, channel, at.message], &mut take).await?;
        }
        Name::Other(name) => {
            tx.each(IN_UNIQUE_NAME, args![account, service, name, at.message], &mut take).await?;
        }
    }
    Ok(found)
}

/// The newest message of a channel: SID, index, date.
pub async fn last(tx: &Tx<'_>, channel: ChannelSid) -> StoreResult<Option<(MessageSid, i64, Timestamp)>> {
    let mut last = None;
    let sql = "SELECT sid, idx, created_at FROM message WHERE channel_sid = $1 ORDER BY idx DESC LIMIT 1";
    tx.each(sql, args![channel], &mut |row| {
        let mut columns = Columns::new(row);
        last = Some((columns.take()?, columns.take()?, columns.take()?));
        Ok(())
    })
    .await?;
    Ok(last)
}

/// Which way a list of messages runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    Descending,
}

/// The messages of a channel, handed over row by row; the page's token is the index of its first row.
pub async fn page(
    tx: &Tx<'_>,
    channel: ChannelSid,
    order: Order,
    request: &PageRequest<i64>,
    show: &mut dyn FnMut(&MessageView<'_>),
) -> StoreResult<Neighbours<i64>> {
    const UP: &str = concat!(
        "SELECT ",
        view_columns!(),
        " FROM message WHERE channel_sid = $1 AND idx >= $2 ORDER BY channel_sid, idx LIMIT $3"
    );
    const DOWN: &str = concat!(
        "SELECT ",
        view_columns!(),
        " FROM message WHERE channel_sid = $1 AND idx <= $2 ORDER BY channel_sid DESC, idx DESC LIMIT $3"
    );
    const ABOVE: &str =
        "SELECT idx FROM message WHERE channel_sid = $1 AND idx > $2 ORDER BY channel_sid, idx LIMIT $3";
    const BELOW: &str = "SELECT idx FROM message WHERE channel_sid = $1 AND idx < $2 ORDER BY channel_sid DESC, idx DESC LIMIT $3";
    let (forward, backward, start) = match order {
        Order::Ascending => (UP, BELOW, 0),
        Order::Descending => (DOWN, ABOVE, i64::MAX),
    };
    let from = request.from.unwrap_or(start);
    let (mut shown, mut next) = (0, None);
    tx.each(forward, args![channel, from, request.size + 1], &mut |row| {
        let mut columns = Columns::new(row);
        let index = columns.take()?;
        if shown == request.size {
            next = Some(index);
        } else {
            show(&view(&mut columns, index)?);
            shown += 1;
        }
        Ok(())
    })
    .await?;
    let previous = match request.from {
        None => None,
        Some(_) => tx.all::<i64>(backward, args![channel, from, request.size]).await?.pop(),
    };
    Ok(Neighbours { previous, next })
}

/// Writes a new message.
pub async fn insert(tx: &Tx<'_>, message: &Message) -> StoreResult<()> {
    let media = message.media.as_ref();
    tx.run(
        "INSERT INTO message (channel_sid, idx, sid, author, body, attributes, media_sid, media_size,
             media_content_type, media_filename, last_updated_by, was_edited, created_at, updated_at, created_event,
             changed_event)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)",
        args![
            message.channel_sid,
            message.index,
            message.sid,
            message.author,
            message.body,
            message.attributes,
            media.map(|media| media.sid),
            media.map(|media| media.size),
            media.map(|media| &media.content_type),
            media.and_then(|media| media.filename.as_ref()),
            message.last_updated_by,
            message.was_edited,
            message.created_at,
            message.updated_at,
            message.created_event
        ],
    )
    .await
    .map(drop)
}

/// Writes a changed message.
pub async fn update(tx: &Tx<'_>, message: &Message, event: i64) -> StoreResult<()> {
    tx.run(
        "UPDATE message SET author = $3, body = $4, attributes = $5, last_updated_by = $6, was_edited = $7,
             created_at = $8, updated_at = $9, changed_event = $10
         WHERE channel_sid = $1 AND idx = $2",
        args![
            message.channel_sid,
            message.index,
            message.author,
            message.body,
            message.attributes,
            message.last_updated_by,
            message.was_edited,
            message.created_at,
            message.updated_at,
            event
        ],
    )
    .await
    .map(drop)
}

/// Deletes a message.
pub async fn delete(tx: &Tx<'_>, channel: ChannelSid, index: i64) -> StoreResult<()> {
    tx.run("DELETE FROM message WHERE channel_sid = $1 AND idx = $2", args![channel, index]).await.map(drop)
}
