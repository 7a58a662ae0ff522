use std::io::{Read, Write};
use std::net::TcpListener;

fn main() {
    let port = std::env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    let listener = TcpListener::bind(format!("0.0.0.0:{port}")).expect("the port is free");
    for (number, stream) in listener.incoming().flatten().enumerate() {
        let mut stream = stream;
        let mut request = [0; 1024];
        let _ = stream.read(&mut request);
        let mut buffer = itoa::Buffer::new();
        let body = buffer.format(number);
        let _ = write!(stream, "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    }
}
