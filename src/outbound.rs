//! Every HTTP request that leaves the server.
//!
//! The addresses to call come from the users of the API, so whoever may set a webhook could make the server call its own
//! network for them. These files keep that from happening:
//!
//! * [`target`]: a URL as it will be sent and signed, with its credentials apart.
//! * [`policy`]: which addresses may be called.
//! * [`resolver`]: looks names up and lets only checked addresses through to the connection.
//! * [`client`]: sends a request and reads the answer, within one time limit. [`failure`] says what went wrong, and
//!   `challenge` answers a 401 with the credentials of the URL.

mod challenge;
pub mod client;
pub mod failure;
pub mod policy;
pub mod resolver;
pub mod target;

pub use client::{Answer, Client, Exchange, Method, Outgoing, Settings};
pub use failure::Failure;
pub use policy::{Policy, Refusal};
pub use resolver::{Lookup, SystemLookup};
pub use target::Target;
