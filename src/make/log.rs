//! An append-only log of records, each with its length and a checksum. What a crash tore off is cut off.

use crate::base::digest;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

const HEADER: &[u8] = b"bowline cache 1\n";
const CHECK: usize = 8;

/// A log file. Reading it never fails: what cannot be read is not there.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    /// Bytes of the file that hold whole records.
    good: u64,
    /// When the file was last written (seconds and nanoseconds of its mtime), at loading.
    pub written: Option<(i64, i64)>,
}

impl Log {
    /// Opens the log and reads every whole record. Another version, or no header: empty.
    pub fn open(path: &Path) -> (Self, Vec<Vec<u8>>) {
        let mut bytes = Vec::new();
        let mut written = None;
        if let Ok(mut file) = std::fs::File::open(path) {
            use std::os::unix::fs::MetadataExt as _;
            written = file.metadata().ok().map(|m| (m.mtime(), m.mtime_nsec()));
            if file.read_to_end(&mut bytes).is_err() {
                bytes.clear();
            }
        }
        let (records, good) = split(&bytes);
        (Self { path: path.to_path_buf(), good, written }, records)
    }

    /// Number of bytes in whole records.
    pub fn size(&self) -> u64 {
        self.good
    }

    /// Appends records in one write, behind the last whole one.
    ///
    /// # Errors
    /// What the operating system says; the log stays readable.
    pub fn append(&mut self, records: &[Vec<u8>]) -> std::io::Result<()> {
        let mut bytes = if self.good == 0 { HEADER.to_vec() } else { Vec::new() };
        for record in records {
            encode(record, &mut bytes);
        }
        let mut file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&self.path)?;
        file.set_len(self.good)?;
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(self.good))?;
        file.write_all(&bytes)?;
        self.good += bytes.len() as u64;
        Ok(())
    }

    /// Replaces everything, by a temporary file and a rename.
    ///
    /// # Errors
    /// What the operating system says; the old log stays.
    pub fn replace(&mut self, records: &[Vec<u8>]) -> Result<(), crate::base::fs::FileError> {
        let mut bytes = HEADER.to_vec();
        for record in records {
            encode(record, &mut bytes);
        }
        crate::base::fs::write(&self.path, &bytes)?;
        self.good = bytes.len() as u64;
        Ok(())
    }
}

fn encode(record: &[u8], out: &mut Vec<u8>) {
    out.extend(u32::try_from(record.len()).unwrap_or(0).to_le_bytes());
    out.extend(&digest::bytes(record)[..CHECK]);
    out.extend(record);
}

/// The whole records at the start of `bytes`, and how far they reach.
fn split(bytes: &[u8]) -> (Vec<Vec<u8>>, u64) {
    let Some(mut rest) = bytes.strip_prefix(HEADER) else { return (Vec::new(), 0) };
    let mut out = Vec::new();
    let mut good = HEADER.len();
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let (Some(check), Some(record)) = (behind.get(..CHECK), behind.get(CHECK..CHECK + length)) else { break };
        if digest::bytes(record)[..CHECK] != *check {
            break;
        }
        out.push(record.to_vec());
        good += 4 + CHECK + length;
        rest = &behind[CHECK + length..];
    }
    (out, good as u64)
}

/// Writes fields one after the other.
#[derive(Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    #[must_use]
    pub fn byte(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    #[must_use]
    pub fn number(mut self, value: i64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    #[must_use]
    pub fn text(mut self, value: &str) -> Self {
        self.0.extend(u32::try_from(value.len()).unwrap_or(0).to_le_bytes());
        self.0.extend(value.as_bytes());
        self
    }

    #[must_use]
    pub fn pairs<'a>(mut self, pairs: impl ExactSizeIterator<Item = (&'a str, &'a str)>) -> Self {
        self = self.number(i64::try_from(pairs.len()).unwrap_or(0));
        for (a, b) in pairs {
            self = self.text(a).text(b);
        }
        self
    }
}

/// Reads them back; nothing where a record is too short.
pub struct Reader<'a>(pub &'a [u8]);

impl Reader<'_> {
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub fn number(&mut self) -> Option<i64> {
        let (bytes, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(i64::from_le_bytes(*bytes))
    }

    pub fn text(&mut self) -> Option<String> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let text = std::str::from_utf8(rest.get(..length)?).ok()?.to_owned();
        self.0 = &rest[length..];
        Some(text)
    }

    pub fn pairs(&mut self) -> Option<Vec<(String, String)>> {
        let count = self.number()?;
        (0..count).map(|_| Some((self.text()?, self.text()?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(n: u8) -> Vec<Vec<u8>> {
        (0..n).map(|i| Writer::default().byte(i).text("some text").number(-7).0).collect()
    }

    #[test]
    fn a_log_torn_at_every_byte_keeps_its_whole_records() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let all = records(5);
        Log::open(&path).0.append(&all).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let size = (whole.len() - HEADER.len()) / all.len();
        for length in 0..=whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let (mut log, read) = Log::open(&path);
            let expected = length.saturating_sub(HEADER.len()) / size;
            assert_eq!(read, all[..expected], "torn at byte {length}");
            // and what comes next is readable again
            log.append(&all[..1]).unwrap();
            let (_, again) = Log::open(&path);
            assert_eq!(again.len(), expected + 1, "torn at byte {length}");
        }
    }

    #[test]
    fn a_changed_byte_ends_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        Log::open(&path).0.append(&records(3)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x20;
            std::fs::write(&path, &bytes).unwrap();
            assert!(Log::open(&path).1.len() < 3, "byte {at} changed and nobody noticed");
        }
    }

    #[test]
    fn another_version_is_an_empty_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, b"bowline cache 2\nsomething new").unwrap();
        let (mut log, read) = Log::open(&path);
        assert!(read.is_empty());
        log.append(&records(1)).unwrap();
        assert_eq!(Log::open(&path).1.len(), 1);
    }
}
