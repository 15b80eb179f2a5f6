//! One call: what the request says, and the steps that every operation shares.

use std::cell::Cell;

use super::body::Body;
use crate::config::Limits;
use crate::domain::at::{ChannelAt, Name, ServiceAt, UserAt};
use crate::domain::cause::Cause;
use crate::domain::event::Announced;
use crate::error::ApiError;
use crate::form::{Form, Patch};
use crate::page::PageSizes;
use crate::render::{Version, View};
use crate::server::App;
use crate::sid::Sid;
use crate::store::{Command, Tx};

/// The methods that some route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET and HEAD.
    Get,
    /// POST.
    Post,
    /// DELETE.
    Delete,
    /// OPTIONS, answered without credentials.
    Options,
    /// Any other.
    Other,
}

impl From<&actix_web::http::Method> for Method {
    fn from(method: &actix_web::http::Method) -> Self {
        match method.as_str() {
            "GET" | "HEAD" => Self::Get,
            "POST" => Self::Post,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            _ => Self::Other,
        }
    }
}

/// One call of the API, with its caller known.
pub struct Call<'a> {
    /// The server.
    pub app: &'a App,
    /// The method.
    pub method: Method,
    /// How the answer is to look.
    pub view: View,
    /// The query, or why it cannot be read.
    pub query: Result<Form, ApiError>,
    /// The body.
    pub body: Body,
    /// Whether the call asks for webhooks.
    pub cause: Cause,
    /// The name of the operation, for the metrics.
    pub operation: &'a Cell<&'static str>,
}

/// The SID of a path segment; a malformed one is as unknown as one that does not exist.
pub fn sid<S: Sid>(segment: &str) -> Result<S, ApiError> {
    segment.parse().map_err(|_| ApiError::NotFound)
}

impl Call<'_> {
    /// The operator's limits.
    pub fn limits(&self) -> &Limits {
        &self.app.config.limits
    }

    /// True for a call of v1.
    pub fn is_v1(&self) -> bool {
        self.view.version == Version::V1
    }

    /// The service of a path segment.
    pub fn service(&self, segment: &str) -> Result<ServiceAt, ApiError> {
        Ok(ServiceAt { account: self.view.account, service: sid(segment)? })
    }

    /// The channel of two path segments.
    pub fn channel(&self, service: &str, channel: &str) -> Result<ChannelAt, ApiError> {
        Ok(ChannelAt { service: self.service(service)?, channel: Name::from(channel) })
    }

    /// The user of two path segments.
    pub fn user(&self, service: &str, user: &str) -> Result<UserAt, ApiError> {
        Ok(UserAt { service: self.service(service)?, user: Name::from(user) })
    }

    /// The query's parameters.
    pub fn query(&self) -> Result<&Form, ApiError> {
        self.query.as_ref().map_err(|error| match error {
            ApiError::InvalidParameter { name, reason } => ApiError::invalid(name.clone(), reason.clone()),
            ApiError::MalformedBody { .. } => {
                ApiError::invalid("query", "is not well-formed percent-encoded UTF-8")
            }
            other => ApiError::invalid("query", other.to_string()),
        })
    }

    /// Reads the body's form into a command. What is wrong with the form is only answered when `parents`, what the path
    /// names, is there: an unknown path comes first.
    pub async fn parsed<C>(
        &self,
        parse: impl FnOnce(&Form) -> Result<C, ApiError>,
        parents: impl AsyncFnOnce(&Tx<'_>) -> Result<(), ApiError>,
    ) -> Result<C, ApiError> {
        match self.body.form().await.and_then(|form| parse(&form)) {
            Ok(command) => Ok(command),
            Err(error) => {
                self.read(parents).await?;
                Err(error)
            }
        }
    }

    /// The same for the query of a list.
    pub async fn parsed_query<C>(
        &self,
        parse: impl FnOnce(&Form) -> Result<C, ApiError>,
        parents: impl AsyncFnOnce(&Tx<'_>) -> Result<(), ApiError>,
    ) -> Result<C, ApiError> {
        match self.query().and_then(parse) {
            Ok(parsed) => Ok(parsed),
            Err(error) => {
                self.read(parents).await?;
                Err(error)
            }
        }
    }

    /// Runs a read.
    pub async fn read<T>(
        &self,
        read: impl AsyncFnOnce(&Tx<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.app.store.read(read).await
    }

    /// Runs a read of one statement.
    pub async fn look<T>(
        &self,
        read: impl AsyncFnOnce(&Tx<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.app.store.look(read).await
    }

    /// Runs a write that webhooks never hear of.
    pub async fn write<C: Command>(&self, command: C) -> Result<C::Output, ApiError> {
        self.app.store.write(command).await
    }

    /// Runs a write that post-hooks hear of if the call says so, and for which there is no pre-event.
    pub async fn tell<C: Command>(&self, command: C) -> Result<C::Output, ApiError> {
        self.app.store.write_for(self.cause.clone(), command).await
    }

    /// Runs a write that pre-hooks and post-hooks hear of if the call says so.
    pub async fn act<C: Announced>(&self, command: C) -> Result<C::Output, ApiError> {
        crate::webhook::act(self.app, self.cause.clone(), command).await
    }

    /// Writes one object of an answer.
    pub fn render(&self, write: impl FnOnce(&mut String, &View)) -> String {
        let mut out = String::with_capacity(1024);
        write(&mut out, &self.view);
        out
    }

    /// How the rows of a list are to look.
    pub fn list_view(&self) -> View {
        View { in_list: true, ..self.view.clone() }
    }

    /// The page sizes of a list that has no numbers of its own in v2.
    pub fn page_sizes(&self) -> PageSizes {
        let page = &self.app.config.page;
        self.sizes(page.max_v1, page.max_v2)
    }

    /// The page sizes of a list with these maxima.
    pub fn sizes(&self, max_v1: i64, max_v2: i64) -> PageSizes {
        let page = &self.app.config.page;
        let max = if self.is_v1() { max_v1 } else { max_v2 };
        PageSizes { default: page.default.min(max), max, strict: page.strict }
    }

    /// The longest unique name and the longest friendly name of the version.
    pub fn name_chars(&self) -> (usize, usize) {
        let limits = self.limits();
        if self.is_v1() {
            (limits.v1_name_chars, limits.v1_name_chars)
        } else {
            (limits.unique_name_chars, limits.friendly_name_chars)
        }
    }
}

/// A role parameter: absent, or the SID it names, `None` when it names none. An empty one is absent.
pub fn role(form: &Form, name: &str) -> Option<crate::domain::service::RoleParameter> {
    form.get(name).filter(|value| !value.is_empty()).map(|value| value.parse().ok())
}

/// A text parameter of an update, checked.
pub fn patch<T>(
    form: &Form,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, ApiError>,
) -> Result<Patch<T>, ApiError> {
    form.patch(name).try_map(parse)
}

/// The values of a repeated filter, each once.
pub fn filter<'q>(query: &'q Form, name: &str) -> Option<Vec<&'q str>> {
    let mut values = query.all(name)?;
    let mut seen = std::collections::HashSet::new();
    values.retain(|value| seen.insert(*value));
    Some(values)
}
