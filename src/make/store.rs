//! The cache in `.bowline/`: digests of files by their stat, and what each artifact was made from.
//! It is only ever a shortcut: without it everything takes longer, and nothing is different.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::base::digest;

use super::artifact::Artifact;
use super::log::{Log, Reader, Writer};

const FOLDER: &str = ".bowline";
const DIGITS: usize = 32;
/// Digest of a path where nothing is.
const ABSENT: &str = "absent";

/// What `stat` says about a file, so far as it tells versions of it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    modified: (i64, i64),
    changed: (i64, i64),
    size: i64,
    inode: i64,
}

impl Stat {
    fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            size: i64::try_from(metadata.size()).unwrap_or(i64::MAX),
            inode: metadata.ino().cast_signed(),
        }
    }
}

/// A run in which everything was up to date at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    key: String,
    /// Each path that was read or written, with its digest.
    files: Vec<(String, String)>,
}

/// The cache of a workspace.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    log: Log,
    stats: BTreeMap<String, (Stat, String)>,
    /// What each artifact was made from, as its record says it: few are ever asked for.
    artifacts: BTreeMap<String, Vec<u8>>,
    run: Option<Run>,
    /// Records to be written.
    pending: Vec<Vec<u8>>,
    /// Files whose bytes were read in this run, for tests and `--explain`.
    pub hashed: BTreeSet<String>,
}

impl Store {
    /// Opens the cache below `root`. Never fails: what cannot be read is as good as empty.
    pub fn open(root: &Path) -> Self {
        let (log, records) = Log::open(&root.join(FOLDER).join("cache"));
        let mut store = Self {
            root: root.to_path_buf(),
            log,
            stats: BTreeMap::new(),
            artifacts: BTreeMap::new(),
            run: None,
            pending: Vec::new(),
            hashed: BTreeSet::new(),
        };
        for record in records {
            store.take(record);
        }
        store
    }

    fn take(&mut self, record: Vec<u8>) -> Option<()> {
        let mut reader = Reader(&record);
        match reader.byte()? {
            b'S' => {
                let path = reader.text()?;
                let stat = Stat {
                    modified: (reader.number()?, reader.number()?),
                    changed: (reader.number()?, reader.number()?),
                    size: reader.number()?,
                    inode: reader.number()?,
                };
                self.stats.insert(path, (stat, reader.text()?));
            }
            b'A' => {
                self.artifacts.insert(reader.text()?, record);
            }
            b'R' => self.run = Some(Run { key: reader.text()?, files: reader.pairs()? }),
            _ => {}
        }
        Some(())
    }

    /// The digest of what stands at a workspace-relative path: a file's bytes and whether it is executable, a folder's
    /// names, a link's target, or nothing. Bytes are read only when `stat` cannot vouch for the digest that is known.
    pub fn digest(&mut self, path: &str) -> String {
        let (digest, read) = self.look(path);
        if let Some(stat) = read {
            self.learn(path, stat, &digest);
        }
        digest
    }

    /// The digests of many places, which are looked at side by side.
    pub fn digests(&mut self, paths: &[&str]) -> Vec<String> {
        let looked: Vec<_> = paths.par_iter().with_min_len(64).map(|p| self.look(p)).collect();
        for (path, (digest, read)) in paths.iter().zip(&looked) {
            if let Some(stat) = read {
                self.learn(path, *stat, digest);
            }
        }
        looked.into_iter().map(|(digest, _)| digest).collect()
    }

    /// The digest of a place, and its stat when bytes were read for it.
    fn look(&self, path: &str) -> (String, Option<Stat>) {
        let full = self.root.join(path);
        let Ok(metadata) = full.symlink_metadata() else { return (ABSENT.to_owned(), None) };
        let stat = Stat::of(&metadata);
        if let Some((known, digest)) = self.stats.get(path)
            && *known == stat
            && (self.hashed.contains(path) || !self.racy(&stat))
        {
            return (digest.clone(), None);
        }
        content(&full, &metadata).map_or_else(|| (ABSENT.to_owned(), None), |digest| (digest, Some(stat)))
    }

    fn learn(&mut self, path: &str, stat: Stat, digest: &str) {
        self.hashed.insert(path.to_owned());
        // known already, though its stat could not vouch for it: a run with nothing to do writes nothing, not even here
        if self.stats.get(path).is_none_or(|(known, old)| *known != stat || old != digest) {
            self.remember(path, stat, digest);
        }
    }

    /// A file that was changed in the tick of the clock in which the log was written may have changed again in it.
    fn racy(&self, stat: &Stat) -> bool {
        self.log.written.is_none_or(|written| stat.modified >= written || stat.changed >= written)
    }

    fn remember(&mut self, path: &str, stat: Stat, digest: &str) {
        let record = Writer::default()
            .byte(b'S')
            .text(path)
            .number(stat.modified.0)
            .number(stat.modified.1)
            .number(stat.changed.0)
            .number(stat.changed.1)
            .number(stat.size)
            .number(stat.inode)
            .text(digest);
        self.pending.push(record.0);
        self.stats.insert(path.to_owned(), (stat, digest.to_owned()));
    }

    /// The digest that [`Store::digest`] gives for a file with these bytes that is not executable.
    pub fn digest_of(bytes: &[u8]) -> String {
        digest::hex(bytes, DIGITS)
    }

    /// What an artifact was made from when it was last recorded.
    pub fn ingredients(&self, path: &str) -> Option<Vec<(String, String)>> {
        let mut reader = Reader(self.artifacts.get(path)?);
        reader.byte()?;
        reader.text()?;
        reader.pairs()
    }

    /// Names of the ingredients of an artifact that changed, came or went since it was last recorded; nothing when it
    /// never was.
    pub fn changed(&self, path: &str, now: &[(String, String)]) -> Option<Vec<String>> {
        let before: BTreeMap<_, _> = self.ingredients(path)?.into_iter().collect();
        let now: BTreeMap<_, _> = now.iter().cloned().collect();
        let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
        Some(names.into_iter().filter(|n| before.get(*n) != now.get(*n)).cloned().collect())
    }

    /// Records what artifacts were made from; those that are recorded so already cost nothing.
    pub fn record(&mut self, artifacts: &[Artifact]) {
        for artifact in artifacts {
            let pairs = artifact.ingredients.iter().map(|(n, d)| (n.as_str(), d.as_str()));
            let record = Writer::default().byte(b'A').text(&artifact.path).pairs(pairs).0;
            if self.artifacts.get(&artifact.path) == Some(&record) {
                continue;
            }
            self.pending.push(record.clone());
            self.artifacts.insert(artifact.path.clone(), record);
        }
    }

    /// Whether the run remembered under this key (version, options, templates) would find everything as it was: then
    /// nothing need be read. Asks every path of that run.
    pub fn unchanged(&mut self, key: &str) -> bool {
        let Some(run) = self.run.take_if(|r| r.key == key) else { return false };
        let same = run.files.iter().all(|(path, digest)| self.digest(path) == *digest);
        self.run = Some(run);
        same
    }

    /// Remembers a run that left everything up to date: every path that it read (folders for their names, absent
    /// files for their absence) or wrote.
    pub fn remember_run(&mut self, key: &str, paths: impl IntoIterator<Item = String>) {
        let paths: BTreeSet<String> = paths.into_iter().collect();
        let all: Vec<&str> = paths.iter().map(String::as_str).collect();
        let digests = self.digests(&all);
        let files: Vec<_> = paths.into_iter().zip(digests).collect();
        let run = Run { key: key.to_owned(), files };
        if self.run.as_ref() == Some(&run) {
            return;
        }
        let pairs = run.files.iter().map(|(p, d)| (p.as_str(), d.as_str()));
        self.pending.push(Writer::default().byte(b'R').text(&run.key).pairs(pairs).0);
        self.run = Some(run);
    }

    /// Writes what is new. A cache that cannot be written is no error: the next run takes longer.
    pub fn save(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let folder = self.root.join(FOLDER);
        let ignore = folder.join(".gitignore");
        if std::fs::create_dir_all(&folder).is_err() {
            return;
        }
        if !ignore.exists() {
            let _ = crate::base::fs::write(&ignore, b"*\n");
        }
        let pending = std::mem::take(&mut self.pending);
        let _ = self.log.append(&pending);
        let live: usize = self.stats.len() * 160 + self.artifacts.values().map(|r| 64 + r.len()).sum::<usize>();
        if self.log.size() > 1 << 20 && self.log.size() / 2 > live as u64 {
            let records = self.records();
            let _ = self.log.replace(&records);
        }
    }

    /// Everything that is still true, as records.
    fn records(&mut self) -> Vec<Vec<u8>> {
        let root = self.root.clone();
        self.stats.retain(|path, _| root.join(path).symlink_metadata().is_ok());
        self.artifacts.retain(|path, _| root.join(path).is_file());
        let stats = std::mem::take(&mut self.stats);
        for (path, (stat, digest)) in stats {
            self.remember(&path, stat, &digest);
        }
        let mut records = std::mem::take(&mut self.pending);
        records.extend(self.artifacts.values().cloned());
        if let Some(run) = &self.run {
            let pairs = run.files.iter().map(|(p, d)| (p.as_str(), d.as_str()));
            records.push(Writer::default().byte(b'R').text(&run.key).pairs(pairs).0);
        }
        records
    }
}

fn content(full: &Path, metadata: &std::fs::Metadata) -> Option<String> {
    if metadata.is_dir() {
        let mut names: Vec<_> = std::fs::read_dir(full).ok()?.filter_map(Result::ok).map(|e| e.file_name()).collect();
        names.sort();
        let digester = names.iter().fold(digest::Digester::default(), |d, n| d.part(n.as_encoded_bytes()));
        return Some(format!("d{}", digester.hex(DIGITS)));
    }
    if metadata.is_symlink() {
        let target = std::fs::read_link(full).ok()?;
        return Some(format!("l{}", digest::hex(target.as_os_str().as_encoded_bytes(), DIGITS)));
    }
    let executable = metadata.mode() & 0o111 != 0;
    std::fs::read(full)
        .ok()
        .map(|b| if executable { format!("x{}", Store::digest_of(&b)) } else { Store::digest_of(&b) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits until the file system's clock has moved on, without sleeping: by writing.
    fn tick(folder: &Path) {
        let probe = folder.join("probe");
        let time = |n: usize| {
            std::fs::write(&probe, n.to_string()).unwrap();
            let metadata = probe.metadata().unwrap();
            (metadata.mtime(), metadata.mtime_nsec())
        };
        let first = time(0);
        let mut n = 1;
        while time(n) <= first {
            n += 1;
        }
    }

    fn reopened(root: &Path, mut store: Store) -> Store {
        tick(root);
        store.save();
        tick(root);
        Store::open(root)
    }

    #[test]
    fn an_unchanged_file_is_not_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, "one").unwrap();
        let mut store = Store::open(folder.path());
        let digest = store.digest("a");
        assert_eq!(digest, Store::digest_of(b"one"));
        let mut store = reopened(folder.path(), store);
        assert_eq!(store.digest("a"), digest);
        assert!(store.hashed.is_empty());
        // touched: read, found equal
        std::fs::write(&file, "one").unwrap();
        assert_eq!(store.digest("a"), digest);
        assert_eq!(store.hashed.len(), 1);
        std::fs::write(&file, "two").unwrap();
        assert_eq!(store.digest("a"), Store::digest_of(b"two"));
        std::fs::remove_file(&file).unwrap();
        assert_eq!(store.digest("a"), ABSENT);
    }

    #[test]
    fn an_edit_of_the_same_size_in_the_log_s_own_tick_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        for round in 0..200 {
            std::fs::write(&file, format!("one {round:04}")).unwrap();
            let mut store = Store::open(folder.path());
            store.digest("a");
            store.save();
            std::fs::write(&file, format!("two {round:04}")).unwrap();
            assert_eq!(Store::open(folder.path()).digest("a"), Store::digest_of(format!("two {round:04}").as_bytes()));
        }
    }

    #[test]
    fn a_file_of_the_log_s_own_tick_is_read_again_and_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join(".bowline/cache");
        for round in 0..50 {
            std::fs::write(folder.path().join("a"), format!("{round:04}")).unwrap();
            let mut store = Store::open(folder.path());
            store.digest("a");
            store.save();
            let before = std::fs::read(&log).unwrap();
            let mut again = Store::open(folder.path());
            again.digest("a");
            again.save();
            assert_eq!(std::fs::read(&log).unwrap(), before);
        }
    }

    #[test]
    fn a_run_is_unchanged_until_a_file_a_folder_or_an_absence_changes() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir(root.join("specs")).unwrap();
        std::fs::write(root.join("specs/a.md"), "one").unwrap();
        let mut store = Store::open(root);
        store.remember_run("key", ["specs", "specs/a.md", "plans"].map(str::to_owned));
        let mut store = reopened(root, store);
        assert!(store.unchanged("key"));
        assert!(store.hashed.is_empty());
        assert!(!store.unchanged("other key"));
        std::fs::write(root.join("specs/b.md"), "two").unwrap();
        assert!(!store.unchanged("key"));
        std::fs::remove_file(root.join("specs/b.md")).unwrap();
        assert!(store.unchanged("key"));
        std::fs::create_dir(root.join("plans")).unwrap();
        assert!(!store.unchanged("key"));
    }

    #[test]
    fn the_cache_ignores_itself_and_a_lost_one_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "one").unwrap();
        let mut store = Store::open(folder.path());
        store.digest("a");
        store.save();
        assert_eq!(std::fs::read_to_string(folder.path().join(".bowline/.gitignore")).unwrap(), "*\n");
        std::fs::remove_dir_all(folder.path().join(".bowline")).unwrap();
        assert_eq!(Store::open(folder.path()).digest("a"), Store::digest_of(b"one"));
    }
}
