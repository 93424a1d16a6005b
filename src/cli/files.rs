//! Single files that appear whole or not at all.

use std::io::{self, Write};
use std::path::Path;

use crate::report::placing::{sync, sync_folder, temporary_in};

/// Writes `text` to `path` by way of a temporary file beside it. A file that is there is replaced only if `replace`
/// says so.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] for a file that is not replaced, and whatever writing gives.
pub fn write_whole(path: &Path, text: &[u8], replace: bool) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Only regular files are replaced: a rename over a device or a link would take away what somebody else relies on.
    match path.symlink_metadata() {
        Ok(found) if !replace => return Err(already_exists(found.is_dir())),
        Ok(found) if !found.is_file() => return Err(io::Error::other("it is not a regular file")),
        _ => {}
    }
    let mut file = temporary_in(folder)?;
    file.write_all(text)?;
    sync(file.as_file())?;
    let persisted = if replace { file.persist(path) } else { file.persist_noclobber(path) };
    persisted.map_err(|failed| failed.error)?;
    sync_folder(folder)
}

fn already_exists(is_folder: bool) -> io::Error {
    let what = if is_folder { "a folder of this name is there" } else { "it is there already" };
    io::Error::new(io::ErrorKind::AlreadyExists, what)
}
