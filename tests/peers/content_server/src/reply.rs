//! An answer, before it is sent.
//!
//! Rule that must hold: an answer for a node that is not there and for one that is not shown is made by the same function.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{config::Language, world::World};

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    /// Whether the length of the body is told.
    pub(crate) length: bool,
}

impl Reply {
    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::bytes(
            status,
            "application/json; charset=UTF-8",
            Bytes::from(value.to_string().into_bytes()),
        )
    }

    pub(crate) fn ok(value: &Value) -> Self {
        Self::json(200, value)
    }

    pub(crate) fn bytes(status: u16, content_type: &str, body: Bytes) -> Self {
        Self {
            status,
            content_type: content_type.to_owned(),
            headers: Vec::new(),
            body,
            length: true,
        }
    }

    pub(crate) fn html(status: u16, title: &str) -> Self {
        let page = format!(
            "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
        );
        Self::bytes(
            status,
            "text/html; charset=UTF-8",
            Bytes::from(page.into_bytes()),
        )
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn problem(world: &World, status: u16, english: &str, french: &str) -> Self {
        let text = match world.switches.language {
            Language::En => english,
            Language::Fr => french,
        };
        Self::json(status, &json!({ "error": text }))
    }

    /// The node is not there, or not shown.
    pub(crate) fn no_node(world: &World, status: u16) -> Self {
        Self::problem(
            world,
            status,
            "Sorry, the item you requested could not be accessed. Either it does not exist or you do not have permission to \
             access it. If you were sent a link to this item, please contact the sender for assistance.",
            "Désolé, il est impossible d'accéder à l'élément demandé. Il n'existe pas ou vous n'êtes pas autorisé à y accéder.",
        )
    }

    /// The module that would know this is not installed.
    pub(crate) fn no_module(world: &World) -> Self {
        Self::problem(
            world,
            400,
            "The REST API URL could not be found in the mappings registry.",
            "L'URL de l'API REST est introuvable dans le registre des mappages.",
        )
    }

    pub(crate) fn unauthorized(world: &World) -> Self {
        Self::problem(
            world,
            401,
            "Authentication Required",
            "Authentification requise",
        )
    }

    pub(crate) fn bad_argument(world: &World, name: &str) -> Self {
        Self::problem(
            world,
            400,
            &format!("Invalid argument: {name}"),
            &format!("Argument non valide : {name}"),
        )
    }

    /// For `suppress_response_codes`: 200, with the status in the body.
    #[must_use]
    pub(crate) fn suppressed(mut self) -> Self {
        if let Ok(Value::Object(mut map)) = serde_json::from_slice(&self.body) {
            map.insert("statusCode".to_owned(), json!(self.status));
            self.body = Bytes::from(Value::Object(map).to_string().into_bytes());
        }
        self.status = 200;
        self
    }
}
