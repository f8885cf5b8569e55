//! Tickets: who a request comes from.
//!
//! Rule that must hold: a fresh ticket does not end the older ones; each is good until its own time.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{asked::Asked, config::Account, world::World};

/// What a ticket opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TicketKind {
    /// Content Server, in `OTCSTicket` or the cookie `LLCookie`.
    ContentServer,
    /// Single sign-on, in `OTDSTicket`.
    SignOn,
    /// OAuth, in `Authorization`.
    Bearer,
}

/// A ticket.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    kind: TicketKind,
    account: i64,
    until: DateTime<Utc>,
}

impl World {
    /// A new ticket.
    pub(crate) fn issue(&mut self, account: i64, kind: TicketKind) -> String {
        let now = self.now();
        self.tickets_made += 1;
        if self.tickets_made.is_multiple_of(4096) {
            self.tickets.retain(|_, ticket| ticket.until > now);
        }
        let number = self.tickets_made;
        let opaque = format!("{:016x}{:016x}", mix(number), mix(number ^ 0xA5A5_5A5A));
        let text = match kind {
            TicketKind::ContentServer => opaque,
            TicketKind::SignOn => format!("*OTDSSSO*{opaque}*"),
            TicketKind::Bearer => format!("ey.{opaque}.sim"),
        };
        let ticket = Ticket {
            kind,
            account,
            until: now + TimeDelta::seconds(self.switches.ticket_seconds.max(1)),
        };
        self.tickets.insert(text.clone(), ticket);
        text
    }

    /// Ends all tickets of Content Server; those of OTDS too, if `all`.
    pub(crate) fn expire_tickets(&mut self, all: bool) {
        self.tickets
            .retain(|_, ticket| !all && ticket.kind != TicketKind::ContentServer);
    }

    /// Ends one ticket.
    pub(crate) fn end_ticket(&mut self, asked: &Asked) {
        if let Some(text) = content_server_ticket(asked) {
            self.tickets.remove(&text);
        }
    }

    /// Who asks, by whichever ticket there is.
    pub(crate) fn who(&self, asked: &Asked) -> Option<Account> {
        if let Some(text) = content_server_ticket(asked) {
            return self.holder(&text, TicketKind::ContentServer);
        }
        self.who_signed_on(asked)
    }

    /// Who asks, by a ticket or token of OTDS.
    pub(crate) fn who_signed_on(&self, asked: &Asked) -> Option<Account> {
        if let Some(text) = asked.header("otdsticket") {
            return self.holder(text, TicketKind::SignOn);
        }
        let token = asked.header("authorization")?.strip_prefix("Bearer ")?;
        self.holder(token, TicketKind::Bearer)
    }

    /// The account with that name and password.
    pub(crate) fn login(&self, name: &str, password: &str) -> Option<Account> {
        self.accounts
            .iter()
            .find(|account| account.name == name && account.password == password)
            .cloned()
    }

    fn holder(&self, text: &str, kind: TicketKind) -> Option<Account> {
        let ticket = self.tickets.get(text)?;
        if ticket.kind != kind || ticket.until <= self.now() {
            return None;
        }
        self.accounts
            .iter()
            .find(|account| account.id == ticket.account)
            .cloned()
    }
}

fn content_server_ticket(asked: &Asked) -> Option<String> {
    if let Some(text) = asked.header("otcsticket") {
        return Some(text.to_owned());
    }
    let cookies = asked.header("cookie")?;
    cookies
        .split(';')
        .filter_map(|one| one.trim().split_once('='))
        .find(|(name, _)| *name == "LLCookie")
        .map(|(_, value)| value.trim_matches('"').to_owned())
}

/// Spreads a counter over all bits, so that tickets look like nothing.
fn mix(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
