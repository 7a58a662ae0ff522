//! A small API server in this process: it keeps what it is given and says that all of it is ready. For tests of what is
//! sent and printed; whether a cluster takes it, a real one says (level 1).

#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

type Objects = Arc<Mutex<BTreeMap<String, Value>>>;

pub struct Stub {
    address: String,
    objects: Objects,
}

impl Stub {
    /// Listens on a free port for as long as the test runs.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let objects = Objects::default();
        let node = json!({ "metadata": { "name": "one" }, "status": { "conditions": [{ "type": "Ready", "status": "True" }],
            "nodeInfo": { "containerRuntimeVersion": "containerd://2.0.0" } } });
        objects.lock().unwrap().insert("/api/v1/nodes/one".to_owned(), node);
        let kept = Arc::clone(&objects);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let objects = Arc::clone(&kept);
                std::thread::spawn(move || serve(&stream, &objects));
            }
        });
        Self { address, objects }
    }

    /// The text of a kubeconfig whose context looks local.
    pub fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster:\n    server: {}\n    extensions:\n    - name: cluster_info\n      \
             extension: {{ provider: minikube.sigs.k8s.io, version: v1.38.1 }}\ncontexts:\n- name: minikube\n  context: {{ cluster: c, user: u }}\n\
             current-context: minikube\nusers:\n- name: u\n  user: {{ token: t }}\n",
            self.address
        )
    }

    /// Puts an object where a cluster would have it.
    pub fn put(&self, path: &str, object: Value) {
        self.objects.lock().unwrap().insert(path.to_owned(), object);
    }

    pub fn get(&self, path: &str) -> Option<Value> {
        self.objects.lock().unwrap().get(path).cloned()
    }

    /// The paths of all that it keeps.
    pub fn paths(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }
}

fn serve(stream: &TcpStream, objects: &Objects) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some((method, path, query, body)) = request(&mut reader) {
        let (code, answer) = answer(&method, &path, &query, &body, &mut objects.lock().unwrap());
        let text = answer.to_string();
        let head =
            format!("HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", text.len());
        if (&*stream).write_all(format!("{head}{text}").as_bytes()).is_err() {
            return;
        }
    }
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, String, String, Vec<u8>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok().filter(|n| *n > 0)?;
        if header.trim().is_empty() {
            break;
        }
        if let Some((_, value)) = header.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case("content-length")) {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some((method, path.to_owned(), query.to_owned(), body))
}

fn answer(method: &str, path: &str, query: &str, body: &[u8], objects: &mut BTreeMap<String, Value>) -> (u16, Value) {
    if path == "/version" {
        return (
            200,
            json!({ "major": "1", "minor": "34", "gitVersion": "v1.34.0", "gitCommit": "", "gitTreeState": "",
            "buildDate": "", "goVersion": "", "compiler": "", "platform": "" }),
        );
    }
    let given: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    match method {
        "GET" => match objects.get(path) {
            Some(object) => (200, object.clone()),
            // a path of a list has an even number of parts behind its version, and so has a name: what is below tells
            None if is_list(path) => {
                let below =
                    |p: &&String| p.strip_prefix(path).is_some_and(|r| r.starts_with('/') && !r[1..].contains('/'));
                // releases of Helm are looked for by a label, and there are none
                let items: Vec<&Value> = if query.contains("labelSelector") {
                    Vec::new()
                } else {
                    objects.iter().filter(|(p, _)| below(p)).map(|(_, o)| o).collect()
                };
                (
                    200,
                    json!({ "kind": "List", "apiVersion": "v1", "metadata": { "resourceVersion": "1" }, "items": items }),
                )
            }
            None => (404, missing(path)),
        },
        "POST" | "PATCH" | "PUT" => {
            let path = if method == "POST" {
                format!("{path}/{}", given["metadata"]["name"].as_str().unwrap_or_default())
            } else {
                path.to_owned()
            };
            let object = stored(given);
            if !query.contains("dryRun") {
                objects.insert(path, object.clone());
            }
            (200, object)
        }
        _ => (404, missing(path)),
    }
}

/// What a cluster adds, as if every controller had done its work at once.
fn stored(mut object: Value) -> Value {
    object["metadata"]["resourceVersion"] = json!("1");
    object["metadata"]["uid"] = json!("u");
    object["metadata"]["generation"] = json!(1);
    let pods = object["spec"]["replicas"].as_i64().unwrap_or(1);
    match object["kind"].as_str() {
        Some("Deployment" | "StatefulSet") => {
            object["status"] = json!({ "observedGeneration": 1, "replicas": pods, "updatedReplicas": pods, "readyReplicas": pods,
                "availableReplicas": pods, "currentReplicas": pods,
                "conditions": [{ "type": "Available", "status": "True" }, { "type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable" }] });
        }
        Some("Job") => {
            object["status"] = json!({ "succeeded": 1, "conditions": [{ "type": "Complete", "status": "True" }] });
        }
        _ => {}
    }
    object
}

fn is_list(path: &str) -> bool {
    const PLURALS: &[&str] = &["s", "classes", "policies", "quotas"];
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let behind = parts.get(if parts[0] == "api" { 2 } else { 3 }..).unwrap_or_default();
    match behind {
        [_] => true,
        ["namespaces", _, plural] => PLURALS.iter().any(|p| plural.ends_with(p)),
        _ => false,
    }
}

fn missing(path: &str) -> Value {
    json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "NotFound", "code": 404,
        "message": format!("{path} not found") })
}
