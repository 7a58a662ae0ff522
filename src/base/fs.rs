//! Files of the workspace: reading, and writing so that nothing is ever half-written.

use std::collections::BTreeMap;
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
    #[error("`{0}` was changed by somebody else meanwhile")]
    Changed(String),
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

/// What stands at a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    Nothing,
    Link,
    Other,
}

/// Tells of many paths whether they leave the workspace, and looks at each place on their way once.
pub struct Inside<'a> {
    root: &'a Path,
    known: BTreeMap<String, There>,
}

impl<'a> Inside<'a> {
    pub fn new(root: &'a Path) -> Self {
        Self { root, known: BTreeMap::new() }
    }

    /// Whether [`inside`] refuses the path.
    pub fn refuses(&mut self, relative: &str) -> bool {
        let root = self.root;
        let whole = || matches!(inside(root, relative), Err(FileError::Outside(_)));
        // what is after a slash is mostly a name
        let odd = |at: usize| matches!(relative.as_bytes().get(at), None | Some(b'/' | b'.'));
        let may_climb = odd(0) || memchr::memchr_iter(b'/', relative.as_bytes()).any(|at| odd(at + 1));
        if may_climb && relative.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return whole();
        }
        let slashes = relative.bytes().enumerate().filter(|(_, b)| *b == b'/').map(|(at, _)| at);
        let ends = slashes.chain(std::iter::once(relative.len()));
        for place in ends.map(|end| &relative[..end]) {
            let there = self.known.get(place).copied().unwrap_or_else(|| {
                let there = match self.root.join(place).symlink_metadata() {
                    Ok(found) if found.file_type().is_symlink() => There::Link,
                    Err(e) if e.kind() == std::io::ErrorKind::NotFound => There::Nothing,
                    _ => There::Other,
                };
                self.known.insert(place.to_owned(), there);
                there
            });
            match there {
                // there is nothing below it either
                There::Nothing => return false,
                There::Link => return whole(),
                There::Other => {}
            }
        }
        false
    }
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
    let beside = || {
        tempfile::Builder::new()
            .prefix(".bowline-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .tempfile_in(folder)
    };
    let mut temporary = match beside() {
        // the folder is there for all files but the first
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            std::fs::create_dir_all(folder).map_err(io("make the folder", folder))?;
            beside()
        }
        other => other,
    }
    .map_err(io("write", path))?;
    temporary.write_all(bytes).map_err(io("write", path))?;
    temporary.persist(path).map_err(|e| io("write", path)(e.error))?;
    Ok(())
}

/// A file that gets other bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    pub path: PathBuf,
    /// What it held when the change was decided; `None` for a new file.
    pub before: Option<Vec<u8>>,
    pub bytes: Vec<u8>,
}

/// Replaces several files of a person: all of them, or none. Permissions and symbolic links stay; a file that is read-only
/// is not replaced, although the folder would allow it.
///
/// # Errors
/// The first file that cannot be written, or that no longer holds what it did.
pub fn replace_all(files: &[Replacement]) -> Result<(), FileError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut staged = Vec::with_capacity(files.len());
    for file in files {
        let path = file.path.canonicalize().unwrap_or_else(|_| file.path.clone());
        if read_if_there(&path)? != file.before {
            return Err(FileError::Changed(file.path.display().to_string()));
        }
        let permissions = match path.metadata() {
            Ok(found) if found.permissions().readonly() => {
                let source = std::io::Error::new(std::io::ErrorKind::PermissionDenied, "it is read-only");
                return Err(io("write", &file.path)(source));
            }
            Ok(found) => found.permissions(),
            Err(_) => std::fs::Permissions::from_mode(0o644),
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(io("make the folder", folder))?;
        let mut temporary = tempfile::Builder::new()
            .prefix(".bowline-")
            .permissions(permissions)
            .tempfile_in(folder)
            .map_err(io("write", &file.path))?;
        temporary.write_all(&file.bytes).map_err(io("write", &file.path))?;
        staged.push((temporary, path, file));
    }
    let mut done: Vec<(PathBuf, &Replacement)> = Vec::with_capacity(files.len());
    for (temporary, path, file) in staged {
        if let Err(error) = temporary.persist(&path) {
            for (path, file) in done {
                // the error below is what the user has to know; this only takes back what it can
                let _ = match &file.before {
                    Some(bytes) => write(&path, bytes),
                    None => std::fs::remove_file(&path).map_err(io("remove", &path)),
                };
            }
            return Err(io("write", &file.path)(error.error));
        }
        done.push((path, file));
    }
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

/// A folder that is gone when its handle is dropped.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Makes a temporary folder that others cannot read.
pub fn temporary_folder() -> Result<Folder, FileError> {
    let folder = std::env::temp_dir();
    tempfile::Builder::new().prefix("bowline-").tempdir().map(Folder).map_err(io("write", &folder))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_paths_are_refused_as_each_one_is() {
        let (root, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        write(&root.path().join("a/b.txt"), b"").expect("written");
        std::os::unix::fs::symlink(other.path(), root.path().join("out")).expect("linked");
        std::os::unix::fs::symlink(root.path().join("a"), root.path().join("in")).expect("linked");
        let mut cached = Inside::new(root.path());
        let paths = [
            "a/b.txt",
            "a/c/d",
            "a/b.txt/c",
            "x/y",
            "x/../../y",
            "x/../y",
            "/x",
            "./a",
            "a/",
            "",
            "out",
            "out/x",
            "in",
            "in/b.txt",
            "a/../out/x",
        ];
        for path in paths.iter().chain(&paths) {
            let refused = matches!(inside(root.path(), path), Err(FileError::Outside(_)));
            assert_eq!(cached.refuses(path), refused, "{path}");
        }
        assert!(cached.refuses("out/x") && !cached.refuses("in/b.txt"));
    }
}
