//! Options that document themselves: declared once, they decode, describe and check themselves.
//!
//! [`options!`](crate::options!) declares a struct whose fields carry English and French docs, an example and a default;
//! [`choice!`](crate::choice) declares a list of words. From one declaration come the decoder over spanned TOML, the
//! JSON schema and the reference pages. Rule that must hold: every problem is collected with its place, none ends the
//! reading early, and no secret value ever enters a message, a snippet or a `Debug` text.
//!
//! ```
//! use rideau_connectors::options::{Document, Options, Problems};
//!
//! rideau_connectors::choice! {
//!     /// Which side of the lock.
//!     #[fr = "Quel côté de l’écluse."]
//!     pub enum Side {
//!         /// Upstream.
//!         #[fr = "En amont."]
//!         Up = "up",
//!         /// Downstream.
//!         #[fr = "En aval."]
//!         Down = "down",
//!     }
//! }
//!
//! rideau_connectors::options! {
//!     /// A gate.
//!     #[fr = "Une porte."]
//!     pub struct Gate {
//!         /// How far it opens.
//!         #[fr = "De combien elle s’ouvre."]
//!         #[example = "40"]
//!         #[unit = "percent"]
//!         #[range(0, 100)]
//!         open_percent: u32 = 100,
//!         /// Where it stands.
//!         #[fr = "Où elle se trouve."]
//!         #[example = "\"up\""]
//!         side: Side,
//!     }
//! }
//!
//! let mut problems = Problems::default();
//! let document = Document::parse("gate.toml", "/etc/rideau", "side = \"up\"", &mut problems).expect("valid TOML");
//! let section = document.root();
//! let gate = Gate::decode(&section, &mut problems).expect("valid options");
//! section.finish(&mut problems);
//! assert!(problems.is_empty());
//! assert_eq!((gate.open_percent, gate.side), (100, Side::Up));
//! ```

mod document;
mod field;
mod kind;
mod macros;
mod mask;
mod problem;
mod secret;
mod types;

pub use document::{Document, Entry, Section, SourceText};
pub use field::{Bounds, ChoiceDoc, Field, FieldDoc, Options, Shape, absent_or, toml_text};
pub use kind::{AnyOptions, KindDoc, decode_kind};
pub use mask::MASK;
pub use problem::{Problem, Problems, Severity, nearest};
pub use secret::{Revealed, Secret};
pub use serde_json::{Map as JsonMap, Value as Json};
pub use types::{BothLanguages, BucketUrl, FreeTable, OrOff, Place, Slug, StoreUrl, WebUrl};
