//! Lists in pages: a pair of statements per list, one that goes on from a row and one that finds the page before.

use super::{Arg, FromRow, StoreResult, Tx};
use crate::page::{Page, PageRequest};
use crate::sid::Sid;

/// The two statements of a list in order of SID. `$1` is the SID to go on from and `$2` the number of rows; the
/// statement's own parameters begin with `$3`.
pub struct Seek {
    /// Rows from `$1` on.
    pub forward: &'static str,
    /// The rows before `$1`, nearest first; only their SIDs.
    pub backward: &'static str,
}

/// Makes a [`Seek`]: columns, source with its condition, and the column that orders the list.
#[macro_export]
macro_rules! seek {
    ($columns:ident, $source:literal, $order:literal) => {
        $crate::store::seek::Seek {
            forward: concat!(
                "SELECT ",
                $columns!(),
                " FROM ",
                $source,
                " AND ",
                $order,
                " >= $1 ORDER BY ",
                $order,
                " LIMIT $2"
            ),
            backward: concat!(
                "SELECT ",
                $order,
                " FROM ",
                $source,
                " AND ",
                $order,
                " < $1 ORDER BY ",
                $order,
                " DESC LIMIT $2"
            ),
        }
    };
}

const FIRST: [u8; 16] = [0; 16];

fn with<'a>(from: &'a [u8; 16], limit: i64, own: &[Arg<'a>]) -> Vec<Arg<'a>> {
    let mut args = Vec::with_capacity(own.len() + 2);
    args.extend([Arg::Bytes(from), Arg::Int(limit)]);
    args.extend_from_slice(own);
    args
}

/// One page of a list. With several `sources` (the values of a repeated filter) their pages are merged, each source
/// giving at most one page of rows.
pub async fn page<R, S, const N: usize>(
    tx: &Tx<'_>,
    seek: &Seek,
    sources: &[[Arg<'_>; N]],
    request: &PageRequest<S>,
    sid_of: impl Fn(&R) -> S,
) -> StoreResult<Page<R, S>>
where
    R: FromRow,
    S: Sid + Ord + FromRow,
{
    let from = request.from.as_ref().map_or(&FIRST, Sid::as_bytes);
    let mut rows: Vec<R> = Vec::new();
    for source in sources {
        let more = tx.all(seek.forward, &with(from, request.size + 1, source)).await?;
        rows = if rows.is_empty() { more } else { rows.into_iter().chain(more).collect() };
    }
    if sources.len() > 1 {
        rows.sort_by_key(&sid_of);
    }
    let size = usize::try_from(request.size).unwrap_or(usize::MAX);
    let next = rows.get(size).map(&sid_of);
    rows.truncate(size);

    let mut before: Vec<S> = Vec::new();
    if request.from.is_some() {
        for source in sources {
            before.extend(tx.all::<S>(seek.backward, &with(from, request.size, source)).await?);
        }
        before.sort_unstable_by(|a, b| b.cmp(a));
        before.truncate(size);
    }
    Ok(Page { rows, previous: before.last().copied(), next })
}
