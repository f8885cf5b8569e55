//! Single sign-on, beside Content Server.
//!
//! Rule that must hold: its tickets and tokens open Content Server, and nothing opens it in turn but a password or a client's
//! secret.

use serde_json::json;

use crate::{asked::Asked, reply::Reply, ticket::TicketKind, world::World};

pub(super) fn answer(world: &mut World, asked: &Asked) -> Reply {
    let path = asked.path.trim_end_matches('/');
    if asked.method == "POST" && path.ends_with("/authentication/credentials") {
        credentials(world, asked)
    } else if asked.method == "POST" && path.ends_with("/oauth2/token") {
        token(world, asked)
    } else {
        Reply::json(404, &json!({ "status": 404, "error": "Not Found" }))
    }
}

fn credentials(world: &mut World, asked: &Asked) -> Reply {
    let body = asked.json();
    let field = |name: &str, other: &str| -> String {
        body.get(name)
            .or_else(|| body.get(other))
            .and_then(serde_json::Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    let name = field("user_name", "userName");
    match world.login(&name, &field("password", "password")) {
        Some(account) => {
            let ticket = world.issue(account.id, TicketKind::SignOn);
            Reply::ok(&json!({
                "token": null, "userId": account.name, "ticket": ticket, "resourceID": null,
                "failureReason": null, "passwordExpirationTime": 0, "continuation": false,
            }))
        }
        None => Reply::json(
            401,
            &json!({ "status": 401, "error": "The username or password is invalid" }),
        ),
    }
}

fn token(world: &mut World, asked: &Asked) -> Reply {
    let (client, secret, account) = world.oauth.clone();
    let given = match asked.header("authorization") {
        Some(header) => basic(header),
        None => Some((
            asked.get("client_id").unwrap_or("").to_owned(),
            asked.get("client_secret").unwrap_or("").to_owned(),
        )),
    };
    let id = world
        .accounts
        .iter()
        .find(|one| one.name == account)
        .map(|one| one.id);
    let (Some(given), Some(id)) = (given, id) else {
        return refused("invalid_client");
    };
    if asked.get("grant_type") != Some("client_credentials") {
        return refused("unsupported_grant_type");
    }
    if given != (client, secret) {
        return refused("invalid_client");
    }
    let token = world.issue(id, TicketKind::Bearer);
    Reply::ok(&json!({
        "access_token": token, "token_type": "Bearer", "expires_in": world.switches.ticket_seconds,
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token", "scope": "otds:roles",
    }))
}

fn refused(error: &str) -> Reply {
    Reply::json(401, &json!({ "error": error }))
}

/// The name and the secret of `Authorization: Basic …`.
fn basic(header: &str) -> Option<(String, String)> {
    let text = header.strip_prefix("Basic ")?;
    let text = String::from_utf8(decode(text.trim())?).ok()?;
    let (name, secret) = text.split_once(':')?;
    Some((name.to_owned(), secret.to_owned()))
}

/// Base64, as far as a header needs it.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut held: u32 = 0;
    let mut bits = 0;
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = (held << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xFF).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}
