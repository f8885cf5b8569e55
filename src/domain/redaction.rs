//! What rules ask to be taken out of a copy, so that the rest of it can go (severability, ATIA section 25).

use serde::{Deserialize, Serialize};

use super::Place;

/// What rules ask to be taken out of a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redaction {
    /// Hash of the rules that ask for it: under other rules it holds no longer.
    pub rules: String,
    /// The places, in order.
    pub places: Vec<Removal>,
}

/// One place that is taken out, and why. It never holds the value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Removal {
    /// Where: without a span, all of the text there.
    pub place: Place,
    /// The provision, as the mark names it: `19(1)`.
    pub section: String,
    /// The rule that asks for it.
    pub rule: String,
    /// What stood there, masked.
    pub masked: String,
}
