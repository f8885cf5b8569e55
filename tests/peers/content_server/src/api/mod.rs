//! The REST API: which request goes where.
//!
//! Rule that must hold: each handler takes the account and asks [`World::seen`] for nodes; none reads the table of nodes
//! for itself without asking who sees what.

mod auth;
mod content;
mod listing;
mod lql;
mod members;
mod nodes;
mod otds;
mod paging;
mod records;
mod search;
mod volumes;

use crate::{asked::Asked, config::Account, reply::Reply, ticket::TicketKind, world::World};

/// Whether a path belongs to the API or to OTDS.
pub(crate) fn is_api(world: &World, path: &str) -> bool {
    path.starts_with("/otdsws") || path.starts_with(&format!("{}/api", world.base))
}

/// Answers a request to the API or to OTDS.
pub(crate) fn answer(world: &mut World, asked: &Asked) -> Reply {
    if asked.path.starts_with("/otdsws") {
        return otds::answer(world, asked);
    }
    let start = format!("{}/api/", world.base);
    let Some(rest) = asked.path.strip_prefix(&start) else {
        return Reply::html(404, "Not Found");
    };
    let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    world.catch_up_index();
    let reply = authenticated(world, asked, &parts);
    if asked.has("suppress_response_codes") {
        return reply.suppressed();
    }
    reply
}

fn authenticated(world: &mut World, asked: &Asked, parts: &[&str]) -> Reply {
    if let Some(reply) = auth::without_ticket(world, asked, parts) {
        return reply;
    }
    let Some(account) = world.who(asked) else {
        return Reply::unauthorized(world);
    };
    let reply = match parts {
        ["v1", "auth"] => auth::with_ticket(world, asked, &account),
        _ => route(world, asked, &account, parts),
    };
    let ended = asked.method == "DELETE" && parts == ["v1", "auth"];
    if world.switches.rotate_tickets && !ended {
        let ticket = world.issue(account.id, TicketKind::ContentServer);
        return reply.with("OTCSTicket", ticket);
    }
    reply
}

fn route(world: &World, asked: &Asked, account: &Account, parts: &[&str]) -> Reply {
    // What only looks; HEAD is GET without a body, which the server cuts off.
    let method = match asked.method.as_str() {
        "HEAD" => "GET",
        other => other,
    };
    match (method, parts) {
        ("GET", ["v1", "serverinfo"]) => auth::server_info(world),
        ("POST", ["v2", "nodes", "list"]) => nodes::list(world, asked, account),
        ("GET", ["v1" | "v2", "nodes", id, rest @ ..]) => {
            let id: i64 = id.parse().unwrap_or(0);
            node_route(world, asked, account, id, parts[0], rest)
        }
        ("GET", ["v3", "app", "container", id]) => {
            listing::container(world, asked, account, id.parse().unwrap_or(0))
        }
        ("GET", ["v2", "volumes"]) => volumes::all(world, asked, account),
        ("GET", ["v2", "volumes", "recyclebin", "nodes"]) => volumes::bin(world, asked, account),
        ("GET", ["v2", "volumes", kind]) => volumes::one(world, asked, account, kind),
        ("GET" | "POST", ["v2", "search"]) => search::run(world, asked, account),
        ("GET", ["v1", "regions"]) => search::regions(),
        ("GET", ["v1" | "v2", "members", rest @ ..]) => {
            members::answer(world, asked, account, parts[0], rest)
        }
        ("GET", ["v1", "securityclearances"]) => records::own_clearance(world, account),
        (
            "GET",
            [
                "v1" | "v2",
                "holds" | "holditems" | "rsis" | "rsiitems" | "classifieditems",
                ..,
            ],
        ) => records::system_wide(world, asked, account, &parts[1..]),
        ("GET", ["v1", "forms", "nodes", "properties", "specific"]) => {
            volumes::category_form(world, asked, account)
        }
        ("GET", ["v2", "nicknames", ..]) => {
            Reply::problem(world, 404, "Nickname not found.", "Surnom introuvable.")
        }
        ("GET" | "POST", _) => Reply::no_module(world),
        _ => Reply::problem(
            world,
            400,
            "This simulator does not let its records be changed here.",
            "Ce simulateur ne laisse pas modifier ses documents ici.",
        ),
    }
}

fn node_route(
    world: &World,
    asked: &Asked,
    account: &Account,
    id: i64,
    api: &str,
    rest: &[&str],
) -> Reply {
    match (api, rest) {
        ("v1", []) => nodes::get_v1(world, asked, account, id),
        (_, []) => nodes::get(world, asked, account, id),
        ("v1", ["nodes"]) => listing::children_v1(world, asked, account, id),
        (_, ["nodes"]) => listing::children(world, asked, account, id),
        ("v2", ["nodes", "all"]) => listing::parts(world, asked, account, id),
        ("v1", ["ancestors"]) => nodes::ancestors(world, account, id),
        ("v1", ["versions", "latest"]) => content::latest(world, account, id),
        (_, ["versions"]) => content::versions(world, asked, account, id, api),
        (_, ["versions", number]) => content::version(world, asked, account, id, number, api),
        (_, ["content"]) => content::bytes(world, asked, account, id, None),
        (_, ["versions", number, "content"]) => {
            content::bytes(world, asked, account, id, Some(*number))
        }
        (_, ["categories"]) => nodes::categories(world, asked, account, id),
        (_, ["categories", category]) => {
            nodes::category(world, asked, account, id, category.parse().unwrap_or(0))
        }
        (_, ["permissions", which @ ..]) => nodes::permissions(world, asked, account, id, which),
        ("v2", ["audit"]) => nodes::audit(world, asked, account, id),
        ("v1", ["rmclassifications"]) => records::details(world, account, id),
        ("v1", ["holds"]) => records::holds(world, account, id),
        ("v1", ["rsis"]) => records::schedules(world, account, id),
        ("v1", ["classifications"]) => records::classifications(world, account, id),
        ("v1", ["securityclearances"]) => records::clearance(world, account, id),
        _ => Reply::no_module(world),
    }
}
