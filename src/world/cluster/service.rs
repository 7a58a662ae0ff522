//! From a Service to a page: a local port to one of its ready pods, and a plain GET through it.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::change::object::{ObjectId, condition_is, int, list, text};
use crate::world::runtime::Forwarding;

use super::{Cluster, ClusterError};

impl Cluster {
    /// A local port (0 = any free one) that leads to a ready pod of the Service.
    pub fn forward_service(
        &self,
        namespace: &str,
        name: &str,
        port: u16,
        local: u16,
    ) -> Result<Forwarding, ClusterError> {
        let id = ObjectId::new("v1", "Service", Some(namespace), name);
        let service = self.get(&id)?.ok_or_else(|| ClusterError::Other(format!("`{id}` is not there")))?;
        let selector: Vec<String> = crate::change::object::at(&service, "spec.selector")
            .and_then(Value::as_object)
            .map(|m| m.iter().filter_map(|(k, v)| Some(format!("{k}={}", v.as_str()?))).collect())
            .unwrap_or_default();
        let pods = self.list("v1", "Pod", Some(namespace), Some(&selector.join(",")))?;
        let pod = pods
            .iter()
            .find(|p| condition_is(p, "Ready", "True") && text(p, "metadata.deletionTimestamp").is_none())
            .ok_or_else(|| ClusterError::Other(format!("no pod of `{id}` is ready")))?;
        let target = target_port(&service, pod, port)
            .ok_or_else(|| ClusterError::Other(format!("`{id}` has no port {port}")))?;
        let pod = text(pod, "metadata.name").unwrap_or_default();
        self.forward_pod(namespace, pod, target, local)
            .map_err(|e| ClusterError::Other(format!("cannot listen on 127.0.0.1:{local}: {e}")))
    }
}

/// The container port behind a Service port; a name is looked up in the pod.
fn target_port(service: &Value, pod: &Value, port: u16) -> Option<u16> {
    let entry = list(service, "spec.ports").iter().find(|p| int(p, "port") == Some(i64::from(port)))?;
    let number = match entry.get("targetPort") {
        None => i64::from(port),
        Some(Value::String(name)) => list(pod, "spec.containers")
            .iter()
            .flat_map(|c| list(c, "ports"))
            .find(|p| text(p, "name") == Some(name))
            .and_then(|p| int(p, "containerPort"))?,
        Some(number) => number.as_i64()?,
    };
    u16::try_from(number).ok()
}

/// What a GET gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// A plain HTTP/1.1 GET; at most 1 MiB of the answer is read.
pub fn get(address: SocketAddr, path: &str, patience: Duration) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let path: String = path.chars().filter(|c| !c.is_control() && *c != ' ').collect();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: bowline\r\nConnection: close\r\n\r\n")?;
    let mut bytes = read(&mut stream)?;
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").map_or(bytes.len(), |i| i + 4);
    let head = String::from_utf8_lossy(&bytes[..end]);
    let status = head.split_whitespace().nth(1).and_then(|s| s.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other("no HTTP answer"))?;
    Ok(Answer { status, body: bytes.split_off(end) })
}

/// Reads until the length that the answer announces, or until the other side closes: through a tunnel that may come a second later.
fn read(stream: &mut impl std::io::Read) -> std::io::Result<Vec<u8>> {
    let (mut bytes, mut part) = (Vec::new(), [0_u8; 8192]);
    while bytes.len() < 1024 * 1024 {
        let count = stream.read(&mut part)?;
        bytes.extend_from_slice(&part[..count]);
        let whole = bytes.windows(4).position(|w| w == b"\r\n\r\n").and_then(|head| {
            let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
            let length = text.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse::<usize>().ok())?;
            Some(bytes.len() >= head + 4 + length)
        });
        if count == 0 || whole == Some(true) {
            break;
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_ends_with_its_length() {
        // what follows the announced length would only come when the other side closes
        let mut stream: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        assert!(read(&mut stream).unwrap().ends_with(b"ok"));
        let mut stream: &[u8] = b"HTTP/1.1 200 OK\r\n\r\nuntil the end";
        assert!(read(&mut stream).unwrap().ends_with(b"the end"));
    }

    #[test]
    fn ports_by_number_and_by_name() {
        let pod = json!({"spec":{"containers":[{"ports":[{"name":"http","containerPort":8000}]}]}});
        for (port, expected) in [
            (json!({"port":80,"targetPort":"http"}), Some(8000)),
            (json!({"port":80,"targetPort":3000}), Some(3000)),
            (json!({"port":80}), Some(80)),
            (json!({"port":81}), None),
            (json!({"port":80,"targetPort":"other"}), None),
        ] {
            assert_eq!(target_port(&json!({"spec":{"ports":[port]}}), &pod, 80), expected);
        }
    }
}
