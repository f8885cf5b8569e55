//! What the registry expects of a record, known without asking it.
//!
//! Leans on `registry.json`: field names, required marks and values as the registry's schemas have them, with labels in both
//! languages (`tests/peers/portal/registry_data.py` refreshes the values). Rule that must hold: [`validate`] and the portal
//! give the same verdict for every field, but where the README says that we are stricter on purpose.

mod canonical;
mod check;
mod schema;

use chrono::NaiveDate;
use rideau_domain::Bilingual;

use crate::{DatasetDesired, FieldProblem, Fields, ResourceDesired};

pub(super) use self::canonical::{canonical_fields, canonical_resource, to_portal};

/// One allowed value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The value as sent.
    pub value: String,
    /// What a person reads; the value itself where it is a code that has no name of ours.
    pub label: Bilingual,
}

/// Whether a record would be accepted as it stands, values in the portal's own form. All problems at once.
///
/// `today` is the day in the department's time zone. `ready_to_publish` may be absent: then it counts as `"true"`.
pub fn validate(
    fields: &Fields,
    resources: &[ResourceDesired],
    today: NaiveDate,
) -> Vec<FieldProblem> {
    check::validate(fields, resources, today)
}

/// As [`validate`], for a dataset as it was put together: values are brought into the form in which they would be sent first.
pub fn validate_dataset(dataset: &DatasetDesired, today: NaiveDate) -> Vec<FieldProblem> {
    let fields = canonical::normal_fields(&dataset.fields);
    let resources: Vec<ResourceDesired> = dataset
        .resources
        .iter()
        .map(|resource| ResourceDesired {
            fields: canonical::normal_resource(&resource.fields),
            ..resource.clone()
        })
        .collect();
    check::validate(&fields, &resources, today)
}

/// The values a field may take, in the registry's order. Empty for fields that take free text.
///
/// `record_type` is `dataset` or `info`; fields of resources are found under either.
pub fn choices(record_type: &str, field: &str) -> Vec<Choice> {
    schema::registry().choices(record_type, field)
}

/// The name of a field as a steward knows it.
pub fn label(field: &str) -> Bilingual {
    schema::registry().label(field)
}
