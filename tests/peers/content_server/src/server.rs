//! The HTTP side: one handler for all paths, the request log, trouble on order.
//!
//! Rule that must hold: every request to the API is logged once, with the status it was answered with, whatever went wrong.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_LENGTH, header::CONTENT_TYPE},
    response::Response,
};
use bytes::Bytes;
use futures::stream::{self, Stream};
use serde::{Deserialize, Serialize};

use crate::{
    api,
    asked::Asked,
    control,
    fault::{self, FailKind, Failure},
    reply::Reply,
    world::World,
};

/// A request that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// The method.
    pub method: String,
    /// The path with the query, as it came.
    pub path: String,
    /// The status of the answer; 0 if the connection was dropped.
    pub status: u16,
}

/// What the handlers share.
pub(crate) struct Shared {
    world: Mutex<World>,
    log: Mutex<Vec<Logged>>,
}

impl Shared {
    pub(crate) fn new(world: World) -> Self {
        Self {
            world: Mutex::new(world),
            log: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Vec<Logged>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the body of an answer ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Whole,
    Half,
    Nothing,
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).with_state(shared)
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    if asked.path.starts_with("/control/") {
        let reply = control::answer(&shared, &asked);
        return sent(reply, Ending::Whole);
    }
    let milliseconds = shared.world().slowness.of(&asked.target);
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    let (reply, ending) = answered(&shared, &asked);
    shared.log().push(Logged {
        method: asked.method.clone(),
        path: asked.target.clone(),
        status: if ending == Ending::Nothing {
            0
        } else {
            reply.status
        },
    });
    sent(reply, ending)
}

fn answered(shared: &Shared, asked: &Asked) -> (Reply, Ending) {
    let mut world = shared.world();
    if !api::is_api(&world, &asked.path) {
        return (Reply::html(404, "Not Found"), Ending::Whole);
    }
    let failure = fault::take(&mut world.failures, &asked.target);
    match failure {
        None => (api::answer(&mut world, asked), Ending::Whole),
        Some(failure) => failed(&mut world, asked, &failure),
    }
}

fn failed(world: &mut World, asked: &Asked, failure: &Failure) -> (Reply, Ending) {
    let wait = failure.retry_after_seconds.to_string();
    let reply = match failure.kind {
        FailKind::Unavailable => Reply::html(503, "Service Unavailable").with("Retry-After", wait),
        FailKind::TooMany => Reply::html(429, "Too Many Requests").with("Retry-After", wait),
        FailKind::HtmlError => Reply::html(500, "Content Server Client Error"),
        FailKind::JsonError => {
            Reply::problem(world, 500, "Please try again.", "Veuillez réessayer.")
        }
        FailKind::BadGateway => Reply::html(502, "Bad Gateway"),
        FailKind::Garbled => Reply::bytes(
            200,
            "application/json; charset=UTF-8",
            Bytes::from_static(b"{\"results\":{\"data\":{\"prop"),
        ),
        FailKind::LoginPage => Reply::html(200, "Sign in"),
        FailKind::Unauthorized => Reply::unauthorized(world),
        FailKind::Drop => {
            let reply = Reply::bytes(200, "application/json", Bytes::from_static(b"{}"));
            return (reply, Ending::Nothing);
        }
        FailKind::Truncate => return (api::answer(world, asked), Ending::Half),
    };
    (reply, Ending::Whole)
}

fn sent(reply: Reply, ending: Ending) -> Response {
    let length = reply.body.len();
    let body = match ending {
        Ending::Whole if reply.length => Body::from(reply.body),
        Ending::Whole => Body::from_stream(stream::iter(vec![Ok::<Bytes, io::Error>(reply.body)])),
        Ending::Half => Body::from_stream(broken(reply.body.slice(..length / 2))),
        Ending::Nothing => Body::from_stream(stream::iter(vec![Err::<Bytes, io::Error>(cut())])),
    };
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(&reply.content_type) {
        headers.insert(CONTENT_TYPE, kind);
    }
    for (name, value) in reply.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            headers.insert(name, value);
        }
    }
    match ending {
        Ending::Whole if reply.length => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        Ending::Whole => {}
        // More than will come, even where there is nothing.
        Ending::Half | Ending::Nothing => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length.max(1)));
        }
    }
    response
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the connection is cut")
}

/// A first half, given time to leave, and then an error, at which the server closes the connection.
fn broken(half: Bytes) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + 'static {
    stream::unfold(Some(half), |state| async move {
        match state {
            Some(half) if !half.is_empty() => Some((Ok(half), Some(Bytes::new()))),
            Some(_) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Some((Err(cut()), None))
            }
            None => None,
        }
    })
}
