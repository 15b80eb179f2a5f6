//! Who is asking.

pub mod basic;
pub mod token;
