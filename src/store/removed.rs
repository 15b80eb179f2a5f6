//! How many messages above an index are gone, at a cost that does not grow with their number.
//!
//! Unread messages are those above a member's horizon. Indexes have no gaps, so their number is a subtraction, less the
//! removed ones: those are counted per block of 64, 4,096, 262,144 ... indexes, and a question adds up at most 63 blocks
//! of each size.

use super::{StoreResult, Tx};
use crate::args;
use crate::sid::ChannelSid;

const LEVELS: i64 = 6;
const BITS: i64 = 6;

/// Counts a removed message.
pub async fn count(tx: &Tx<'_>, channel: ChannelSid, index: i64) -> StoreResult<()> {
    for level in 0..LEVELS {
        tx.run(
            "INSERT INTO message_removed (channel_sid, level, block, n) VALUES ($1, $2, $3, 1)
             ON CONFLICT (channel_sid, level, block) DO UPDATE SET n = message_removed.n + 1",
            args![channel, level, index >> (level * BITS)],
        )
        .await?;
    }
    Ok(())
}

/// How many removed messages have an index above this one.
pub async fn above(tx: &Tx<'_>, channel: ChannelSid, index: i64) -> StoreResult<i64> {
    let mut total = 0;
    for (level, first, last) in blocks_above(index) {
        let n: i64 = tx
            .one(
                "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM message_removed
                 WHERE channel_sid = $1 AND level = $2 AND block BETWEEN $3 AND $4",
                args![channel, level, first, last],
            )
            .await?;
        total += n;
    }
    Ok(total)
}

/// The blocks that hold exactly the indexes above one: (level, first block, last block).
fn blocks_above(index: i64) -> impl Iterator<Item = (i64, i64, i64)> {
    (0..LEVELS).map(move |level| {
        let first = (index >> (level * BITS)) + 1;
        // Up to the end of the block of the next level that `index` lies in; the last level has no end.
        let last = if level == LEVELS - 1 { i64::MAX } else { (first - 1) | ((1 << BITS) - 1) };
        (level, first, last)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_index_above_lies_in_exactly_one_block(index in -1_i64..1_000_000, other in 0_i64..1_000_000) {
            let blocks = blocks_above(index)
                .filter(|(level, first, last)| (*first..=*last).contains(&(other >> (level * BITS))))
                .count();
            prop_assert_eq!(blocks, usize::from(other > index));
        }
    }
}
