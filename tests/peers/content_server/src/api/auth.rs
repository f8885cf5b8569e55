//! Logging in, and what the server tells of itself.
//!
//! Rule that must hold: without a good ticket nothing but `ping`, `auth` and `serverinfo` answers.

use serde_json::json;

use crate::{
    asked::Asked, config::Account, present, reply::Reply, ticket::TicketKind, world::World,
};

/// What needs no ticket.
pub(super) fn without_ticket(world: &mut World, asked: &Asked, parts: &[&str]) -> Option<Reply> {
    match (asked.method.as_str(), parts) {
        ("GET" | "HEAD", ["v1", "ping"]) => Some(Reply::ok(&json!({
            "rest_api": [{ "build": 2, "href": "api/v1", "version": 1 }]
        }))),
        ("GET", ["v1", "serverinfo"]) if world.who(asked).is_none() => Some(server_info(world)),
        ("POST", ["v1", "auth"]) => Some(by_password(world, asked)),
        ("GET", ["v1", "auth"]) => by_sign_on(world, asked),
        _ => None,
    }
}

fn by_password(world: &mut World, asked: &Asked) -> Reply {
    let Some(name) = asked.get("username") else {
        return Reply::problem(
            world,
            500,
            "Argument 'username' is required.",
            "L'argument 'username' est requis.",
        );
    };
    if asked.get("domain").is_some_and(|domain| !domain.is_empty()) {
        return Reply::problem(
            world,
            401,
            "Domain support is disabled.",
            "La prise en charge des domaines est désactivée.",
        );
    }
    match world.login(name, asked.get("password").unwrap_or("")) {
        Some(account) => {
            let ticket = world.issue(account.id, TicketKind::ContentServer);
            Reply::ok(&json!({ "ticket": ticket })).with("OTCSTicket", ticket)
        }
        None => Reply::problem(
            world,
            401,
            "Invalid username/password specified.",
            "Nom d'utilisateur ou mot de passe non valide.",
        ),
    }
}

/// `GET /v1/auth` with a ticket or token of OTDS: the ticket is in the header of the answer.
fn by_sign_on(world: &mut World, asked: &Asked) -> Option<Reply> {
    let account = world.who_signed_on(asked)?;
    let ticket = world.issue(account.id, TicketKind::ContentServer);
    Some(Reply::ok(&described(&account)).with("OTCSTicket", ticket))
}

/// `/v1/auth` with a ticket: who it is; logging out.
pub(super) fn with_ticket(world: &mut World, asked: &Asked, account: &Account) -> Reply {
    if asked.method == "DELETE" {
        world.end_ticket(asked);
        return Reply::ok(&json!({}));
    }
    Reply::ok(&described(account))
}

fn described(account: &Account) -> serde_json::Value {
    json!({ "data": {
        "id": account.id, "name": account.name, "first_name": "", "last_name": "", "type": 0,
        "business_email": format!("{}@example.org", account.name),
        "privilege_content_manager": account.administrator,
    } })
}

/// `GET /v1/serverinfo`.
pub(super) fn server_info(world: &World) -> Reply {
    let timeout = world.switches.ticket_seconds.saturating_mul(1000);
    Reply::ok(&json!({
        "mobile": { "cs_viewer_enabled": false },
        "server": {
            "advanced_versioning": [144],
            "character_encoding": 1,
            "current_date": present::local(world, world.now()),
            "enterprise_volume": 2000,
            "language_code": "USA",
            "metadata_languages": [
                { "default": true, "language_code": "en", "language_name": "English" },
                { "default": false, "language_code": "fr", "language_name": "Français" },
            ],
            "time_zone_offset_enabled": world.switches.zone != crate::config::Zone::Never,
            "time_zone_offset": world.switches.zone_minutes / 60,
            "url": world.base,
            "version": "23.3",
        },
        "sessions": {
            "enabled": true, "expire_after_last_login": false, "expire_after_last_request": true,
            "logout_url": "", "session_inactivity": timeout, "session_reaction_time": 0,
            "session_timeout": timeout,
        },
        "viewer": { "content_suite": { "enabled": false } },
    }))
}
