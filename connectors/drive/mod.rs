//! stub
mod options;
use crate::*;
use async_trait::async_trait;
pub use options::*;
/// stub
pub struct DriveSource;
impl DriveSource {
    /// stub
    pub fn new(_: DriveOptions) -> Self {
        Self
    }
}
#[async_trait]
impl Source for DriveSource {
    fn kind(&self) -> &'static str {
        "drive"
    }
    async fn check(&self) -> Vec<CheckLine> {
        vec![]
    }
    async fn scan(
        &self,
        _: &serde_json::Value,
        _: &mut dyn ScanSink,
    ) -> Result<ScanEnd, PortError> {
        todo!()
    }
    async fn open(&self, _: &str, _: &str) -> Result<Content, PortError> {
        todo!()
    }
    async fn unchanged(&self, _: &str, _: &str) -> Result<bool, PortError> {
        todo!()
    }
}
