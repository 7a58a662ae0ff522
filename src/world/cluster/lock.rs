//! One run at a time: a Lease that is renewed while the run lives, and may be taken over when it has expired.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::change::failure::{Failure, Fault};
use crate::change::object::{ObjectId, int, text};

use super::{Cluster, ClusterError};

/// How long a dead run blocks the next.
const SECONDS: i64 = 30;

/// Held until dropped.
pub struct Lock {
    /// Who held it before and let it expire, to be told.
    pub taken_from: Option<String>,
    stop: Option<Sender<()>>,
    renewing: Option<std::thread::JoinHandle<()>>,
    cluster: Cluster,
    id: ObjectId,
    holder: String,
}

impl std::fmt::Debug for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lock({}, {})", self.id, self.holder)
    }
}

/// Why the lock was not given.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another run is at work: `{holder}`, last seen {ago} s ago")]
    Held { holder: String, ago: i64 },
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

impl LockError {
    pub fn failure(&self) -> Failure {
        match self {
            Self::Held { .. } => Failure::new("locked", Fault::Locked, self.to_string())
                .fix(format!("wait for it; a dead run's lock is free after {SECONDS} s")),
            Self::Cluster(e) => e.failure(),
        }
    }
}

impl Lock {
    /// Takes the Lease `bowline-<app>` in the namespace, which must be there. `holder` names this run.
    pub fn take(cluster: &Cluster, app: &str, namespace: &str, holder: &str) -> Result<Self, LockError> {
        let id = ObjectId::new("coordination.k8s.io/v1", "Lease", Some(namespace), &format!("bowline-{app}"));
        let mut taken_from = None;
        match cluster.get(&id)? {
            None => drop(cluster.create(&id, &lease(&id, holder, None)).map_err(|e| lost(&id, e))?),
            Some(old) => {
                let before = text(&old, "spec.holderIdentity").unwrap_or_default().to_owned();
                let renewed = text(&old, "spec.renewTime").and_then(seconds_of).unwrap_or(0);
                let ago = now().0 - renewed;
                let fresh = ago < int(&old, "spec.leaseDurationSeconds").unwrap_or(SECONDS);
                if !before.is_empty() && fresh && !is_dead(&before) {
                    return Err(LockError::Held { holder: before, ago: ago.max(0) });
                }
                cluster.replace(&id, &lease(&id, holder, Some(&old))).map_err(|e| lost(&id, e))?;
                taken_from = Some(before).filter(|b| !b.is_empty());
            }
        }
        let (stop, stopped) = channel::<()>();
        let renewing = {
            let (cluster, id, holder) = (cluster.clone(), id.clone(), holder.to_owned());
            std::thread::spawn(move || {
                while stopped.recv_timeout(Duration::from_secs(10)) == Err(RecvTimeoutError::Timeout) {
                    // a missed renewal is made good by the next; the lease outlives two of them
                    if let Ok(Some(old)) = cluster.get(&id)
                        && text(&old, "spec.holderIdentity") == Some(&holder)
                    {
                        let _ = cluster.replace(&id, &lease(&id, &holder, Some(&old)));
                    }
                }
            })
        };
        let (cluster, holder) = (cluster.clone(), holder.to_owned());
        Ok(Self { taken_from, stop: Some(stop), renewing: Some(renewing), cluster, id, holder })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.renewing.take() {
            let _ = thread.join();
        }
        // given back only if it is still ours
        if let Ok(Some(old)) = self.cluster.get(&self.id)
            && text(&old, "spec.holderIdentity") == Some(&self.holder)
        {
            let _ = self.cluster.replace(&self.id, &lease(&self.id, "", Some(&old)));
        }
    }
}

/// A name for this run: machine, process and when that process began, so that a dead one is known on the same machine.
pub fn holder() -> String {
    let pid = std::process::id();
    format!("bowline-{}-{pid}-{}", machine(), began(pid).unwrap_or_default())
}

/// Whether the holder was a process of this machine that is no more.
fn is_dead(holder: &str) -> bool {
    let parts: Vec<&str> = holder.split('-').collect();
    let ["bowline", place, pid, start] = parts.as_slice() else { return false };
    let Ok(pid) = pid.parse::<u32>() else { return false };
    *place == machine() && !start.is_empty() && began(pid).as_deref() != Some(*start)
}

/// This boot of this machine; empty where there is no way to tell.
fn machine() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = std::fs::read_link("/proc/self/ns/pid").map(|p| p.display().to_string()).unwrap_or_default();
    crate::base::digest::hex(format!("{boot}{namespace}").as_bytes(), 8)
}

/// When a process began, in the kernel's ticks: the 22nd field, counted after the name in brackets.
fn began(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after = stat.rsplit_once(')')?.1;
    after.split_whitespace().nth(19).map(str::to_owned)
}

/// Somebody was quicker.
fn lost(id: &ObjectId, error: ClusterError) -> LockError {
    match error {
        ClusterError::Changed { .. } | ClusterError::Exists { .. } => {
            LockError::Held { holder: format!("the run that took {id} just now"), ago: 0 }
        }
        other => other.into(),
    }
}

fn lease(id: &ObjectId, holder: &str, old: Option<&Value>) -> Value {
    let (_, stamp) = now();
    let mut metadata = json!({ "name": id.name, "namespace": id.namespace });
    if let Some(version) = old.and_then(|o| text(o, "metadata.resourceVersion")) {
        metadata["resourceVersion"] = json!(version);
    }
    json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata,
        "spec": { "holderIdentity": holder, "leaseDurationSeconds": SECONDS, "renewTime": stamp },
    })
}

/// Seconds since 1970, and the same as the API writes it.
fn now() -> (i64, String) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(0);
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    (seconds, format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:06}Z", since.subsec_micros()))
}

/// Year, month and day of a number of days since 1970 (proleptic Gregorian; March is the year's first month inside).
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The seconds of an API time such as `2026-01-31T12:00:00.000000Z`.
fn seconds_of(stamp: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| stamp.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let shifted = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let year_of_era = shifted.rem_euclid(400);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = shifted.div_euclid(400) * 146_097 + day_of_era - 719_468;
    Some(days * 86_400 + number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_holder_of_this_machine_is_known() {
        let mine = holder();
        assert!(!is_dead(&mine), "{mine}");
        let (front, _) = mine.rsplit_once('-').unwrap();
        assert!(is_dead(&format!("{front}-1")));
        assert!(!is_dead("somebody-else"));
        assert!(!is_dead("bowline-00000000-1-1"), "another machine's processes are not ours to judge");
    }

    #[test]
    fn times_go_there_and_back() {
        for (seconds, stamp) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_767_225_599, "2025-12-31T23:59:59"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ] {
            assert_eq!(seconds_of(stamp), Some(seconds), "{stamp}");
            let (year, month, day) = date(seconds / 86_400);
            assert_eq!(format!("{year:04}-{month:02}-{day:02}"), stamp[..10]);
        }
        let (seconds, stamp) = now();
        assert_eq!(seconds_of(&stamp), Some(seconds));
        assert_eq!(seconds_of("soon"), None);
    }
}
