//! As much of an HTTP client as these tests need: one request on one connection.

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{Config, Simulator};

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(super) fn header(&self, name: &str) -> Option<String> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
    }
}

/// A simulator and the ticket of somebody.
pub(super) struct Client {
    pub(super) simulator: Simulator,
    pub(super) ticket: String,
}

impl Client {
    pub(super) async fn start() -> Self {
        Self::with(Config::default(), "rideau").await
    }

    pub(super) async fn with(config: Config, user: &str) -> Self {
        let simulator = Simulator::start(config).await.unwrap();
        let mut client = Self {
            simulator,
            ticket: String::new(),
        };
        client.login(user).await;
        client
    }

    pub(super) async fn login(&mut self, user: &str) {
        let password = format!("{}-secret", user.to_lowercase());
        let form = format!("username={user}&password={password}");
        let answer = self.form("POST", "/cs/cs/api/v1/auth", &form).await;
        assert_eq!(answer.status, 200);
        self.ticket = answer.json()["ticket"].as_str().unwrap().to_owned();
    }

    /// `GET` below `/cs/cs/api`, with the ticket.
    pub(super) async fn get(&self, path: &str) -> Answer {
        let headers = [("OTCSTicket", self.ticket.as_str())];
        self.send("GET", &format!("/cs/cs/api{path}"), &headers, b"")
            .await
            .unwrap()
    }

    /// The JSON of a `GET` that has to succeed.
    pub(super) async fn got(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        answer.json()
    }

    /// An urlencoded form, with the ticket.
    pub(super) async fn form(&self, method: &str, path: &str, form: &str) -> Answer {
        let headers = [
            ("otcsticket", self.ticket.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        self.send(method, path, &headers, form.as_bytes())
            .await
            .unwrap()
    }

    /// Any request; an error if the answer does not come whole.
    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, String> {
        let address = self
            .simulator
            .root()
            .trim_start_matches("http://")
            .to_owned();
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let mut lines = vec![
            format!("{method} {path} HTTP/1.1"),
            format!("Host: {address}"),
            "Connection: close".to_owned(),
            format!("Content-Length: {}", body.len()),
        ];
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            lines.push(format!("{name}: {value}"));
        }
        let request = format!("{}\r\n\r\n", lines.join("\r\n"));
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut bytes = Vec::new();
        stream
            .read_to_end(&mut bytes)
            .await
            .map_err(|error| error.to_string())?;
        let end = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .ok_or("no answer")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|text| text.parse().ok())
            .ok_or("no status")?;
        let answer = Answer {
            status,
            head,
            body: bytes[end + 4..].to_vec(),
        };
        let length = answer.header("content-length");
        if let Some(length) = length
            && method != "HEAD"
            && length != answer.body.len().to_string()
        {
            return Err("the answer is cut".to_owned());
        }
        Ok(answer)
    }
}
