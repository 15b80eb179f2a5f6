//! What real-time objects no longer have, for clients that were away when it went.

use super::{StoreResult, ToArg, Tx};
use crate::args;

/// Remembers that an event removed an item of an object. `object` is `roster` or `messages` of a channel, or
/// `my_channels` of a user.
pub async fn insert(
    tx: &Tx<'_>,
    owner: &impl ToArg,
    object: &'static str,
    event: i64,
    item: &impl ToArg,
    index: Option<i64>,
    created_event: i64,
) -> StoreResult<()> {
    tx.run(
        "INSERT INTO tombstone (owner_sid, object, event, item_sid, item_index, created_event, removed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![owner, object, event, item, index, created_event, tx.now()],
    )
    .await
    .map(drop)
}
