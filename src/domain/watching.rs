//! stub
/// stub
#[derive(Clone, Debug)]
pub struct WatchPolicy {
    /// s
    pub settle: chrono::Duration,
    /// s
    pub deletion_scans: u32,
    /// s
    pub hold_share: f64,
    /// s
    pub hold_count: usize,
}
