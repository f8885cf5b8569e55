//! stub
mod options;
use crate::*;
use async_trait::async_trait;
pub use options::*;
/// stub
pub struct CatalogueTarget;
#[async_trait]
impl Target for CatalogueTarget {
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
impl CatalogueTarget {
    /// stub
    pub fn new(_: &CatalogueOptions, _: &rideau_domain::Bilingual) -> Result<Self, PortError> {
        Ok(Self)
    }
}
