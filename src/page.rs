//! Paging by key: a page token names the first row of a page, so that page 10,000 costs what page 1 costs, and stays
//! valid when its row is deleted meanwhile.

use crate::error::ApiError;
use crate::form::{Form, integer};
use crate::sid::Sid;

/// What a list request says of its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest<T> {
    /// Rows per page.
    pub size: i64,
    /// The client's own counter of pages: echoed, never used to select.
    pub number: i64,
    /// The first row of the page; without one the list begins.
    pub from: Option<T>,
}

/// The default and the largest page size of a list.
#[derive(Debug, Clone, Copy)]
pub struct PageSizes {
    /// Rows per page when the client names no number.
    pub default: i64,
    /// Above it the size is clamped, since SDK helpers send up to 1000 to every list.
    pub max: i64,
    /// Refuse page sizes above 1000 with the vendor's own code instead.
    pub strict: bool,
}

/// One page of rows and the first rows of its neighbours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<R, T> {
    /// The rows.
    pub rows: Vec<R>,
    /// The first row of the page before.
    pub previous: Option<T>,
    /// The first row of the page after.
    pub next: Option<T>,
}

/// The first rows of the pages beside a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbours<T> {
    /// Of the page before.
    pub previous: Option<T>,
    /// Of the page after.
    pub next: Option<T>,
}

impl<T> PageRequest<T> {
    /// Reads `PageSize`, `Page` and `PageToken` of a query; `token` reads what stands behind `PT`.
    pub fn from_query(
        query: &Form,
        sizes: PageSizes,
        token: impl FnOnce(&str) -> Result<T, ApiError>,
    ) -> Result<Self, ApiError> {
        let size = match query.get("PageSize") {
            None => sizes.default,
            Some(text) => integer(text)
                .filter(|size| *size > 0)
                .ok_or_else(|| ApiError::invalid("PageSize", "must be a number above 0"))?,
        };
        if sizes.strict && size > 1_000 {
            return Err(ApiError::PageSizeTooLarge);
        }
        let number = match query.get("Page") {
            None | Some("") => 0,
            Some(text) => integer(text)
                .filter(|page| (0..=i64::from(i32::MAX)).contains(page))
                .ok_or_else(|| ApiError::invalid("Page", "must be a number, 0 or above"))?,
        };
        let from =
            query.parsed("PageToken", |text| token(text.strip_prefix("PT").ok_or_else(invalid_token)?))?;
        Ok(Self { size: size.min(sizes.max), number, from })
    }
}

/// The token of every list but that of messages: the SID of a row.
pub fn sid_token<S: Sid>(text: &str) -> Result<S, ApiError> {
    text.parse().map_err(|_| invalid_token())
}

/// The token of the list of messages: the index of a row. Applications build these themselves.
pub fn index_token(text: &str) -> Result<i64, ApiError> {
    match integer(text) {
        Some(index) if index < 0 => Err(ApiError::NegativePageToken),
        Some(index) => Ok(index),
        None => Err(ApiError::MessageIndexNotANumber),
    }
}

fn invalid_token() -> ApiError {
    ApiError::invalid("PageToken", "is not a token of this list")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sid::ChannelSid;

    const SIZES: PageSizes = PageSizes { default: 50, max: 100, strict: false };

    fn read(query: &str) -> Result<PageRequest<i64>, ApiError> {
        PageRequest::from_query(&Form::decode(query.as_bytes()).unwrap(), SIZES, index_token)
    }

    #[test]
    fn sizes_are_clamped_and_nonsense_is_refused() {
        assert_eq!(read("").unwrap(), PageRequest { size: 50, number: 0, from: None });
        assert_eq!(
            read("PageSize=1000&Page=3&PageToken=PT7").unwrap(),
            PageRequest { size: 100, number: 3, from: Some(7) }
        );
        for query in ["PageSize=0", "PageSize=-1", "PageSize=x", "PageSize=", "Page=-1", "PageToken=7"] {
            assert_eq!(read(query).unwrap_err().code_and_status(), (20001, 400), "{query}");
        }
        assert_eq!(read("PageToken=PTx").unwrap_err().code_and_status(), (50516, 400));
        assert_eq!(read("PageToken=PT-1").unwrap_err().code_and_status(), (19038, 400));
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let query = Form::decode(b"PageToken=PTMB0123456789abcdef0123456789abcdef").unwrap();
        assert!(PageRequest::from_query(&query, SIZES, sid_token::<ChannelSid>).is_err());
    }
}
