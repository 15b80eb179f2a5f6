//! A directory for databases, on the disk that the build is on, and what they take there.

use std::path::{Path, PathBuf};

/// A directory that goes when it is dropped.
pub(crate) fn directory() -> std::io::Result<tempfile::TempDir> {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
}

/// A copy of a closed database under another name beside it.
pub(crate) fn copy(database: &Path, name: &str) -> std::io::Result<PathBuf> {
    let copy = database.with_file_name(name);
    std::fs::copy(database, &copy)?;
    std::fs::File::open(&copy)?.sync_all()?;
    Ok(copy)
}

/// Bytes of a closed database.
pub(crate) fn bytes(database: &Path) -> u64 {
    std::fs::metadata(database).map_or(0, |file| file.len())
}
