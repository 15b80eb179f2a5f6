//! partyline
