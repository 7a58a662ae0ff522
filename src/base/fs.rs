//! Files of the workspace: reading, and writing so that nothing is ever half-written.

use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

/// Why a file of the workspace could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("cannot {what} `{path}`: {source}")]
    Io { what: &'static str, path: String, source: std::io::Error },
    #[error("`{0}` is not UTF-8")]
    NotUtf8(String),
    #[error("`{0}` leaves the repository")]
    Outside(String),
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> FileError {
    let path = path.display().to_string();
    move |source| FileError::Io { what, path, source }
}

/// Reads a text file.
pub fn read(path: &Path) -> Result<String, FileError> {
    let bytes = std::fs::read(path).map_err(io("read", path))?;
    String::from_utf8(bytes).map_err(|_| FileError::NotUtf8(path.display().to_string()))
}

/// Reads bytes; `None` when there is no such file.
pub fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(io("read", path)(e)),
    }
}

/// Joins a workspace-relative path, refusing one that leaves the workspace by `..`, by being absolute,
/// or through a symbolic link on the way.
pub fn inside(root: &Path, relative: &str) -> Result<PathBuf, FileError> {
    let outside = || FileError::Outside(relative.to_owned());
    let mut path = root.to_path_buf();
    let mut depth = 0_usize;
    for part in Path::new(relative).components() {
        match part {
            Component::Normal(name) => {
                path.push(name);
                depth += 1;
                let link = path.symlink_metadata().is_ok_and(|m| m.file_type().is_symlink());
                if link {
                    let real = path.canonicalize().map_err(|_| outside())?;
                    let home = root.canonicalize().map_err(|_| outside())?;
                    if !real.starts_with(home) {
                        return Err(outside());
                    }
                }
            }
            Component::CurDir => {}
            Component::ParentDir => {
                depth = depth.checked_sub(1).ok_or_else(outside)?;
                path.pop();
            }
            Component::RootDir | Component::Prefix(_) => return Err(outside()),
        }
    }
    Ok(path)
}

/// Writes `bytes` by a temporary file in the same directory and a rename, so that a reader, a full disk or
/// a crash sees the old file or the new one. Equal bytes are not written: returns whether anything was.
pub fn write_if_different(path: &Path, bytes: &[u8]) -> Result<bool, FileError> {
    if read_if_there(path)?.is_some_and(|old| old == bytes) {
        return Ok(false);
    }
    write(path, bytes)?;
    Ok(true)
}

/// Writes `bytes` by temporary file and rename, making the directories above.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(io("make the folder", folder))?;
    let mut temporary = tempfile::Builder::new()
        .prefix(".bowline-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(folder)
        .map_err(io("write", path))?;
    temporary.write_all(bytes).map_err(io("write", path))?;
    temporary.persist(path).map_err(|e| io("write", path)(e.error))?;
    Ok(())
}

/// As [`write`], for a file that is there: who may read and run it stays as it was.
pub fn write_keeping_mode(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let permissions = std::fs::metadata(path).map_err(io("read", path))?.permissions();
    write(path, bytes)?;
    std::fs::set_permissions(path, permissions).map_err(io("write", path))
}

/// A file that is gone when its handle is dropped.
pub struct Temporary(tempfile::NamedTempFile);

impl Temporary {
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Writes `bytes` to a temporary file that others cannot read.
pub fn temporary(suffix: &str, bytes: &[u8]) -> Result<Temporary, FileError> {
    let folder = std::env::temp_dir();
    let mut file =
        tempfile::Builder::new().prefix("bowline-").suffix(suffix).tempfile().map_err(io("write", &folder))?;
    file.write_all(bytes).map_err(io("write", file.path()))?;
    Ok(Temporary(file))
}

/// Removes a file and the folders above it that became empty, up to `root`.
pub fn remove(root: &Path, path: &Path) -> Result<(), FileError> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io("remove", path)(e)),
        _ => {}
    }
    let mut folder = path.parent();
    while let Some(f) = folder.filter(|f| *f != root && f.starts_with(root)) {
        if std::fs::remove_dir(f).is_err() {
            break;
        }
        folder = f.parent();
    }
    Ok(())
}
