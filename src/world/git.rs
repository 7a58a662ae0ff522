//! Git, as far as it is needed: which revision, what it would take, what a file was. The only file that knows git2.

use std::path::{Path, PathBuf};

use git2::Repository;

/// The repository that holds a workspace.
pub struct Git {
    repository: Repository,
    /// The workspace below the repository's root.
    prefix: PathBuf,
}

/// Whether the newest commit has exactly what stands on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    Yes,
    /// Not in the newest commit.
    Never,
    /// The index holds something else than the newest commit.
    Staged,
    /// The file holds something else than the newest commit.
    Changed,
}

#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error("git: {0}")]
    Git(String),
    #[error("there is no revision `{0}`")]
    NoRevision(String),
}

impl From<git2::Error> for GitError {
    fn from(error: git2::Error) -> Self {
        Self::Git(error.message().to_owned())
    }
}

impl Git {
    /// The repository that `root` lies in; nothing when it lies in none.
    pub fn open(root: &Path) -> Option<Self> {
        let repository = Repository::discover(root).ok()?;
        let work = repository.workdir()?.canonicalize().ok()?;
        let prefix = root.canonicalize().ok()?.strip_prefix(work).ok()?.to_path_buf();
        Some(Self { repository, prefix })
    }

    fn path(&self, path: &str) -> PathBuf {
        self.prefix.join(path)
    }

    /// The newest revision's id, 40 hex digits; nothing before the first commit.
    pub fn revision(&self) -> Option<String> {
        Some(self.repository.head().ok()?.peel_to_commit().ok()?.id().to_string())
    }

    /// Whether Git has that file.
    pub fn is_tracked(&self, path: &str) -> bool {
        self.repository.index().is_ok_and(|index| index.get_path(&self.path(path), 0).is_some())
    }

    /// Whether Git would never take that file or folder.
    pub fn is_ignored(&self, path: &str) -> bool {
        self.repository.is_path_ignored(self.path(path)).unwrap_or(false)
    }

    /// Whether Git can give back a file with these bytes: they are those of the newest commit and of the index. A
    /// checkout that ends lines in another way is no difference.
    pub fn committed(&self, path: &str, bytes: &[u8]) -> Committed {
        let full = self.path(path);
        let head = self.repository.head().and_then(|h| h.peel_to_tree()).and_then(|t| t.get_path(&full)).ok();
        let Some(head) = head.filter(|e| e.kind() == Some(git2::ObjectType::Blob)) else { return Committed::Never };
        let staged = self.repository.index().ok().and_then(|i| i.get_path(&full, 0)).map(|e| e.id);
        if staged != Some(head.id()) {
            return Committed::Staged;
        }
        let blob = self.repository.find_blob(head.id());
        let lines = |bytes: &[u8]| {
            bytes.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l).to_vec()).collect::<Vec<_>>()
        };
        let same = blob.is_ok_and(|b| b.content() == bytes || (self.converts() && lines(b.content()) == lines(bytes)));
        if same { Committed::Yes } else { Committed::Changed }
    }

    /// Whether Git changes ends of lines on the way out.
    fn converts(&self) -> bool {
        self.repository.config().and_then(|c| c.get_string("core.autocrlf")).is_ok_and(|v| v != "false")
    }

    /// A path as `git show REVISION:PATH` wants it.
    pub fn shown(&self, path: &str) -> String {
        self.path(path).to_string_lossy().into_owned()
    }

    /// The bytes of a file at a revision (`HEAD`, a branch, an id); nothing when it was not there.
    pub fn file_at(&self, revision: &str, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let object =
            self.repository.revparse_single(revision).map_err(|_| GitError::NoRevision(revision.to_owned()))?;
        let tree = object.peel_to_tree().map_err(|_| GitError::NoRevision(revision.to_owned()))?;
        match tree.get_path(&self.path(path)) {
            Ok(entry) => {
                let object = entry.to_object(&self.repository)?;
                Ok(object.as_blob().map(|b| b.content().to_vec()))
            }
            Err(e) if e.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// The paths of all files below a folder at a revision, relative to the workspace.
    pub fn files_at(&self, revision: &str, folder: &str) -> Result<Vec<String>, GitError> {
        let object =
            self.repository.revparse_single(revision).map_err(|_| GitError::NoRevision(revision.to_owned()))?;
        let tree = object.peel_to_tree().map_err(|_| GitError::NoRevision(revision.to_owned()))?;
        let mut files = Vec::new();
        let wanted = self.path(folder);
        tree.walk(git2::TreeWalkMode::PreOrder, |above, entry| {
            let path = Path::new(above).join(entry.name().unwrap_or_default());
            if entry.kind() == Some(git2::ObjectType::Blob)
                && path.starts_with(&wanted)
                && let Ok(below) = path.strip_prefix(&self.prefix)
                && let Some(text) = below.to_str()
            {
                files.push(text.to_owned());
            }
            git2::TreeWalkResult::Ok
        })?;
        files.sort();
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Git::open(folder.path()).is_none());
        let repository = Repository::init(folder.path()).unwrap();
        let below = folder.path().join("app");
        std::fs::create_dir(&below).unwrap();
        std::fs::write(below.join("a"), "one").unwrap();
        std::fs::write(below.join(".gitignore"), "b\n").unwrap();
        let git = Git::open(&below).unwrap();
        assert_eq!(git.revision(), None);

        let mut index = repository.index().unwrap();
        index.add_path(Path::new("app/a")).unwrap();
        index.write().unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let who = git2::Signature::now("t", "t@example.com").unwrap();
        repository.commit(Some("HEAD"), &who, &who, "m", &tree, &[]).unwrap();
        std::fs::write(below.join("a"), "two").unwrap();

        let git = Git::open(&below).unwrap();
        assert_eq!(git.revision().unwrap().len(), 40);
        assert!(git.is_tracked("a") && !git.is_tracked("b"));
        assert!(git.is_ignored("b") && !git.is_ignored("a"));
        assert_eq!(git.file_at("HEAD", "a").unwrap().unwrap(), b"one");
        assert_eq!(git.file_at("HEAD", "c").unwrap(), None);
        assert_eq!(git.file_at("nowhere", "a").unwrap_err().to_string(), "there is no revision `nowhere`");
        assert_eq!(git.files_at("HEAD", "").unwrap(), ["a"]);
    }
}
