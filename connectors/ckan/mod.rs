//! stub
mod options;
use crate::*;
use async_trait::async_trait;
pub use options::*;
/// stub
pub struct CkanTarget;
#[async_trait]
impl Target for CkanTarget {
    fn kind(&self) -> &'static str {
        "x"
    }
    async fn check(&self) -> Vec<CheckLine> {
        vec![]
    }
    fn validate(&self, _: &DatasetDesired, _: chrono::NaiveDate) -> Vec<FieldProblem> {
        vec![]
    }
    fn canonical(&self, d: DatasetDesired) -> DatasetDesired {
        d
    }
    async fn observe(
        &self,
        _: uuid::Uuid,
        _: &dyn Journal,
    ) -> Result<Option<DatasetSeen>, PortError> {
        todo!()
    }
    async fn apply(
        &self,
        _: &DatasetPlan,
        _: &dyn ContentStore,
        _: &dyn Journal,
    ) -> Result<Applied, PortError> {
        todo!()
    }
}
impl CkanTarget {
    /// stub
    pub fn new(_: &CkanOptions, _: &str) -> Result<Self, PortError> {
        Ok(Self)
    }
}
pub mod registry {
    //! stub
    /// stub
    pub fn validate_dataset(
        _: &crate::DatasetDesired,
        _: chrono::NaiveDate,
    ) -> Vec<crate::FieldProblem> {
        vec![]
    }
}
