//! The envelope of a list: its rows and the URLs of the pages around them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::View;
use super::json::{Object, push_int};
use crate::page::{Neighbours, Page, PageRequest};
use crate::sid::{Sid, SidText};

/// Everything but unreserved characters is escaped in a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes a text for a path or a query.
pub(crate) fn encode(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, QUERY)
}

/// What a page token names: a SID, or the index of a message.
pub trait Token {
    /// Appends what stands behind `PT`.
    fn push_to(&self, out: &mut String);
}

impl Token for i64 {
    fn push_to(&self, out: &mut String) {
        push_int(out, *self);
    }
}

/// A token that is a SID.
#[derive(Debug, Clone, Copy)]
pub struct SidToken<S>(pub S);

impl<S: Sid> Token for SidToken<S> {
    fn push_to(&self, out: &mut String) {
        out.push_str(SidText::of(&self.0).as_str());
    }
}

/// Which list this is.
pub struct Listing<'a> {
    /// The name of the array in the envelope.
    pub key: &'static str,
    /// Whether `meta` stands before the array (recorded per resource; REST.md section 18).
    pub meta_first: bool,
    /// The path of the list, with SIDs, without the version.
    pub path: String,
    /// The filters that the request gave, in the order of the documentation.
    pub filters: Vec<(&'static str, &'a str)>,
}

impl Listing<'_> {
    fn url(&self, view: &View, size: i64, number: i64, token: Option<&dyn Token>) -> String {
        let mut url = format!("{}{}?", view.base, self.path);
        for (name, value) in &self.filters {
            url.push_str(name);
            url.push('=');
            url.extend(utf8_percent_encode(value, QUERY));
            url.push('&');
        }
        url.push_str("PageSize=");
        push_int(&mut url, size);
        url.push_str("&Page=");
        push_int(&mut url, number);
        if let Some(token) = token {
            url.push_str("&PageToken=PT");
            token.push_to(&mut url);
        }
        url
    }

    /// Writes the envelope of rows.
    pub fn write<R, T: Copy, K: Token>(
        &self,
        view: &View,
        request: &PageRequest<T>,
        page: &Page<R, T>,
        token: impl Fn(T) -> K,
        mut row: impl FnMut(&mut String, &R),
    ) -> String {
        let mut rows = Rows::default();
        for one in &page.rows {
            rows.add(|out| row(out, one));
        }
        self.write_rows(view, request, Neighbours { previous: page.previous, next: page.next }, token, &rows)
    }

    /// Writes the envelope of rows that are rendered already.
    pub fn write_rows<T: Copy, K: Token>(
        &self,
        view: &View,
        request: &PageRequest<T>,
        neighbours: Neighbours<T>,
        token: impl Fn(T) -> K,
        rows: &Rows,
    ) -> String {
        let mut out = String::with_capacity(rows.0.len() + 1024);
        let meta = |object: &mut Object<'_>| {
            let at = |number: i64, token: Option<&dyn Token>| self.url(view, request.size, number, token);
            let neighbour = |neighbour: Option<T>, number: i64| {
                neighbour.map(|first| at(number, Some(&token(first) as &dyn Token)))
            };
            object.object("meta", |meta| {
                meta.int("page", request.number);
                meta.int("page_size", request.size);
                meta.text("first_page_url", &at(0, None));
                let before = neighbour(neighbours.previous, (request.number - 1).max(0));
                meta.text_or_null("previous_page_url", before.as_deref());
                let here = request.from.map(&token);
                meta.text("url", &at(request.number, here.as_ref().map(|token| token as &dyn Token)));
                meta.text_or_null("next_page_url", neighbour(neighbours.next, request.number + 1).as_deref());
                meta.text("key", self.key);
            });
        };
        Object::write(&mut out, |object| {
            if self.meta_first {
                meta(object);
            }
            object.rendered(self.key, &["[", &rows.0, "]"]);
            if !self.meta_first {
                meta(object);
            }
        });
        out
    }
}

/// The rows of a list, rendered one after the other.
#[derive(Debug, Default)]
pub struct Rows(String);

impl Rows {
    /// Adds a row.
    pub fn add(&mut self, write: impl FnOnce(&mut String)) {
        if !self.0.is_empty() {
            self.0.push_str(", ");
        }
        write(&mut self.0);
    }
}
