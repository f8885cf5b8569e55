//! A file on its way out: kept to a pace, its progress told.
//!
//! Rule that must hold: at most one piece of a file is held, however large it is.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use tokio::{sync::Mutex, time::Instant};
use uuid::Uuid;

use crate::PortError;

/// Progress of smaller files is not told.
const TOLD_FROM_BYTES: u64 = 50_000_000;

/// How many bytes may go out in a second, all files together.
#[derive(Debug)]
pub(super) struct Bandwidth {
    bytes_per_second: u64,
    next: Mutex<Option<Instant>>,
}

impl Bandwidth {
    /// A limit in kilobytes (1000 bytes) per second.
    pub(super) fn new(kb_per_second: u64) -> Self {
        Self {
            bytes_per_second: kb_per_second.saturating_mul(1000).max(1),
            next: Mutex::new(None),
        }
    }

    /// The slowest that one of several files may become under the limit.
    pub(super) fn least_bytes_per_second(&self) -> u64 {
        (self.bytes_per_second / 8).max(1)
    }

    /// When so many bytes may go out: from then on, the next have to wait.
    async fn turn(&self, bytes: usize, now: Instant) -> Instant {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let micros = bytes.saturating_mul(1_000_000) / self.bytes_per_second;
        let mut next = self.next.lock().await;
        let turn = next.map_or(now, |next| next.max(now));
        *next = turn.checked_add(Duration::from_micros(micros));
        turn
    }
}

/// How far a file is out.
struct Progress {
    resource: Uuid,
    size: u64,
    sent: u64,
    told: u64,
}

impl Progress {
    /// Takes a piece; gives the tenths to tell, when one more is full.
    fn add(&mut self, bytes: usize) -> Option<u64> {
        self.sent = self
            .sent
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        if self.size < TOLD_FROM_BYTES {
            return None;
        }
        let tenths = self.sent / (self.size / 10).max(1);
        let told = tenths.min(10);
        if told <= self.told {
            return None;
        }
        self.told = told;
        Some(told)
    }
}

/// The same stream, at a pace, with its progress in the log.
pub(super) fn paced(
    stream: BoxStream<'static, Result<Bytes, PortError>>,
    bandwidth: Option<Arc<Bandwidth>>,
    resource: Uuid,
    size: u64,
) -> BoxStream<'static, Result<Bytes, PortError>> {
    let progress = Progress {
        resource,
        size,
        sent: 0,
        told: 0,
    };
    futures::stream::unfold(
        (stream, bandwidth, progress),
        |(mut stream, bandwidth, mut progress)| async move {
            let piece = stream.next().await?;
            if let Ok(bytes) = &piece {
                if let Some(bandwidth) = &bandwidth {
                    let turn = bandwidth.turn(bytes.len(), Instant::now()).await;
                    tokio::time::sleep_until(turn).await;
                }
                if let Some(tenths) = progress.add(bytes.len()) {
                    tracing::info!(
                        resource.id = %progress.resource, percent = tenths * 10, sent_bytes = progress.sent,
                        size_bytes = progress.size, "a file is on its way to the portal"
                    );
                }
            }
            Some((piece, (stream, bandwidth, progress)))
        },
    )
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_share_the_bandwidth() {
        let bandwidth = Bandwidth::new(100);
        let now = Instant::now();
        let mut last = now;
        // Two files of 100 kB at 100 kB in a second, in pieces of 10 kB.
        for _ in 0..20 {
            last = bandwidth.turn(10_000, now).await;
        }
        assert_eq!(last - now, Duration::from_millis(1900));
        // Time in which nothing was sent is not made up for.
        let later = now + Duration::from_secs(90);
        assert_eq!(bandwidth.turn(10_000, later).await, later);
        assert_eq!(
            bandwidth.turn(10_000, later).await,
            later + Duration::from_millis(100)
        );
        assert_eq!(bandwidth.least_bytes_per_second(), 12_500);
    }

    #[tokio::test]
    async fn pieces_come_through_unchanged() {
        let pieces: Vec<Result<Bytes, PortError>> = (0..10_u8)
            .map(|n| Ok(Bytes::copy_from_slice(&[n; 100])))
            .collect();
        let stream = futures::stream::iter(pieces).boxed();
        let limit = Some(Arc::new(Bandwidth::new(10_000_000)));
        let out: Vec<u8> = paced(stream, limit, Uuid::nil(), 1000)
            .fold(Vec::new(), |mut all, piece| async move {
                all.extend_from_slice(&piece.unwrap());
                all
            })
            .await;
        let expect: Vec<u8> = (0..10_u8).flat_map(|n| [n; 100]).collect();
        assert_eq!(out, expect);
    }

    #[test]
    fn every_tenth_is_told_once() {
        let told = |size: u64, piece: usize, count: usize| -> Vec<u64> {
            let mut progress = Progress {
                resource: Uuid::nil(),
                size,
                sent: 0,
                told: 0,
            };
            (0..count).filter_map(|_| progress.add(piece)).collect()
        };
        assert_eq!(
            told(100_000_000, 1_000_000, 100),
            (1..=10).collect::<Vec<_>>()
        );
        assert_eq!(told(100_000_000, 60_000_000, 2), [6, 10]);
        assert!(told(49_000_000, 1_000_000, 49).is_empty());
        assert!(told(0, 0, 3).is_empty());
    }
}
