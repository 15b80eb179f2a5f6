//! stub
pub mod client;
pub mod policy;
pub mod target;
