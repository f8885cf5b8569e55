//! Compound files (OLE2): the directory and the streams of old Office files, read with every chain bounded.
//!
//! Leans on [MS-CFB]. Rule that must hold: a chain visits no sector twice, so a hostile file costs at most its own size.

use std::io::{Read, Seek, SeekFrom};

const END: u32 = 0xFFFF_FFFE;
const FREE: u32 = 0xFFFF_FFFF;
/// The largest regular sector number.
const MAX_REGULAR: u32 = 0xFFFF_FFFA;
/// Entries read from a directory; real files hold a few dozen.
const MAX_ENTRIES: usize = 65_536;

/// Why a compound file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum OleError {
    /// The input failed.
    #[error("reading the compound file failed")]
    Input(#[source] std::io::Error),
    /// The structure is damaged.
    #[error("the compound file is damaged: {0}")]
    Damaged(&'static str),
}

/// One entry of the directory.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name, without its path.
    pub name: String,
    /// True for a stream, false for a storage.
    pub stream: bool,
    start: u32,
    /// Size of the stream in bytes, as claimed.
    pub size: u64,
    root: bool,
    /// Its number in the directory, and those of its siblings and first child.
    id: u32,
    left: u32,
    right: u32,
    child: u32,
}

/// An open compound file.
#[derive(Debug)]
pub struct Ole<'i, R: Read + Seek + ?Sized> {
    input: &'i mut R,
    sector_size: u64,
    mini_size: u64,
    cutoff: u64,
    sectors: u64,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    entries: Vec<Entry>,
    /// Sectors of the stream that holds small streams, once it was needed.
    container: Option<Vec<u32>>,
}

/// True when the bytes start like a compound file.
pub fn is_ole(head: &[u8]) -> bool {
    head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1])
}

impl<'i, R: Read + Seek + ?Sized> Ole<'i, R> {
    /// Reads header, allocation tables and directory.
    ///
    /// # Errors
    /// [`OleError`] when the input fails or the structure is damaged.
    pub fn open(input: &'i mut R) -> Result<Self, OleError> {
        let length = input.seek(SeekFrom::End(0)).map_err(OleError::Input)?;
        input.rewind().map_err(OleError::Input)?;
        let mut header = [0_u8; 512];
        input
            .read_exact(&mut header)
            .map_err(|_| OleError::Damaged("the header is cut off"))?;
        if !is_ole(&header) {
            return Err(OleError::Damaged("no compound file"));
        }
        let sector_size = match u16_at(&header, 30) {
            9 => 512,
            12 => 4096,
            _ => return Err(OleError::Damaged("odd sector size")),
        };
        let mini_size = match u16_at(&header, 32) {
            shift @ 4..=9 => 1_u64 << shift,
            _ => return Err(OleError::Damaged("odd mini sector size")),
        };
        let mut ole = Self {
            input,
            sector_size,
            mini_size,
            cutoff: u64::from(u32_at(&header, 56)),
            sectors: length.div_ceil(sector_size).saturating_sub(1),
            fat: Vec::new(),
            mini_fat: Vec::new(),
            entries: Vec::new(),
            container: None,
        };
        ole.read_fat(&header)?;
        let mini_start = u32_at(&header, 60);
        if mini_start <= MAX_REGULAR {
            let bytes = ole.read_chain(mini_start, u64::MAX)?;
            ole.mini_fat = numbers(&bytes);
        }
        let directory = ole.read_chain(u32_at(&header, 48), u64::MAX)?;
        ole.entries = directory
            .chunks_exact(128)
            .take(MAX_ENTRIES)
            .zip(0_u32..)
            .filter_map(|(entry, id)| parse_entry(entry, id, sector_size == 512))
            .collect();
        Ok(ole)
    }

    /// The entries of the directory, in file order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// True when there is a stream or storage of this name.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Up to `most` bytes of the first stream of this name.
    ///
    /// # Errors
    /// [`OleError`] when its chain is damaged or the input fails.
    pub fn stream(&mut self, name: &str, most: u64) -> Result<Option<Vec<u8>>, OleError> {
        let Some(entry) = self.find(name).filter(|entry| entry.stream).cloned() else {
            return Ok(None);
        };
        self.read(&entry, most).map(Some)
    }

    /// The root storage.
    pub fn root(&self) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.root)
    }

    /// The streams and storages in a storage, by name. Each is given once, however the directory is tangled.
    pub fn children(&self, storage: &Entry) -> Vec<Entry> {
        if storage.stream {
            return Vec::new();
        }
        let mut seen = std::collections::BTreeSet::from([storage.id]);
        let mut found: Vec<Entry> = Vec::new();
        let mut waiting = vec![storage.child];
        while let Some(id) = waiting.pop() {
            // Entries stand in order of their numbers.
            let Ok(index) = self.entries.binary_search_by_key(&id, |entry| entry.id) else {
                continue;
            };
            if seen.insert(id) {
                let entry = &self.entries[index];
                waiting.extend([entry.left, entry.right]);
                found.push(entry.clone());
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// Up to `most` bytes of a stream.
    ///
    /// # Errors
    /// [`OleError`] when its chain is damaged or the input fails.
    pub fn read(&mut self, entry: &Entry, most: u64) -> Result<Vec<u8>, OleError> {
        let want = entry.size.min(most);
        let mut bytes = if entry.size < self.cutoff {
            self.read_mini(entry.start, want)?
        } else {
            self.read_chain(entry.start, want)?
        };
        bytes.truncate(usize::try_from(want).unwrap_or(usize::MAX));
        Ok(bytes)
    }

    /// Checks that every stream's chain ends and lies inside the file, for readers that trust them.
    ///
    /// # Errors
    /// [`OleError::Damaged`] naming what is wrong.
    pub fn check_chains(&self) -> Result<(), OleError> {
        let mut total: u64 = 0;
        for entry in self.entries.iter().filter(|e| e.stream || e.root) {
            if entry.size == 0 {
                continue;
            }
            let steps = if entry.stream && entry.size < self.cutoff {
                chain(&self.mini_fat, entry.start)?.len() as u64
            } else {
                chain(&self.fat, entry.start)?.len() as u64
            };
            total = total.saturating_add(steps);
        }
        // Streams that share sectors could add up to far more than the file.
        if total > (self.fat.len() + self.mini_fat.len()) as u64 {
            return Err(OleError::Damaged("streams overlap"));
        }
        Ok(())
    }

    fn find(&self, name: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    fn read_fat(&mut self, header: &[u8; 512]) -> Result<(), OleError> {
        let mut fat_sectors: Vec<u32> = numbers(&header[76..512]);
        let mut next = u32_at(header, 68);
        let mut steps: u64 = 0;
        while next <= MAX_REGULAR {
            steps += 1;
            if steps > self.sectors {
                return Err(OleError::Damaged("the table of tables is cyclic"));
            }
            let mut list = numbers(&self.read_sector(next)?);
            next = list.pop().unwrap_or(END);
            fat_sectors.extend(list);
        }
        fat_sectors.retain(|&sector| sector <= MAX_REGULAR);
        if fat_sectors.len() as u64 > self.sectors {
            return Err(OleError::Damaged("more tables than sectors"));
        }
        for sector in fat_sectors {
            let list = numbers(&self.read_sector(sector)?);
            self.fat.extend(list);
        }
        Ok(())
    }

    fn read_sector(&mut self, sector: u32) -> Result<Vec<u8>, OleError> {
        let at = (u64::from(sector) + 1) * self.sector_size;
        self.input
            .seek(SeekFrom::Start(at))
            .map_err(OleError::Input)?;
        let mut bytes = Vec::new();
        let mut input = &mut *self.input;
        Read::take(&mut input, self.sector_size)
            .read_to_end(&mut bytes)
            .map_err(OleError::Input)?;
        if bytes.is_empty() {
            return Err(OleError::Damaged("a sector lies past the end"));
        }
        // The last sector of a file may be short.
        bytes.resize(usize::try_from(self.sector_size).unwrap_or(512), 0);
        Ok(bytes)
    }

    fn read_chain(&mut self, start: u32, most: u64) -> Result<Vec<u8>, OleError> {
        let sectors = chain(&self.fat, start)?;
        let mut bytes = Vec::new();
        for sector in sectors {
            if bytes.len() as u64 >= most {
                break;
            }
            bytes.extend(self.read_sector(sector)?);
        }
        Ok(bytes)
    }

    fn read_mini(&mut self, start: u32, most: u64) -> Result<Vec<u8>, OleError> {
        let container = if let Some(container) = self.container.take() {
            container
        } else {
            let root = self.root().ok_or(OleError::Damaged("no root entry"))?;
            chain(&self.fat, root.start)?
        };
        let bytes = self.read_minis(&container, start, most);
        self.container = Some(container);
        bytes
    }

    fn read_minis(
        &mut self,
        container: &[u32],
        start: u32,
        most: u64,
    ) -> Result<Vec<u8>, OleError> {
        let mut bytes = Vec::new();
        for mini in chain(&self.mini_fat, start)? {
            if bytes.len() as u64 >= most {
                break;
            }
            let at = u64::from(mini) * self.mini_size;
            let sector = usize::try_from(at / self.sector_size)
                .ok()
                .and_then(|index| container.get(index).copied())
                .ok_or(OleError::Damaged("a mini sector lies past the end"))?;
            let offset = usize::try_from(at % self.sector_size).unwrap_or(0);
            let size = usize::try_from(self.mini_size).unwrap_or(64);
            let whole = self.read_sector(sector)?;
            bytes.extend(whole.iter().skip(offset).take(size));
        }
        Ok(bytes)
    }
}

/// The sectors of a chain.
fn chain(fat: &[u32], start: u32) -> Result<Vec<u32>, OleError> {
    let mut sectors = Vec::new();
    let mut next = start;
    while next != END && next != FREE {
        let following = usize::try_from(next)
            .ok()
            .and_then(|index| fat.get(index))
            .ok_or(OleError::Damaged("a chain leaves the file"))?;
        sectors.push(next);
        if sectors.len() > fat.len() {
            return Err(OleError::Damaged("a chain is cyclic"));
        }
        next = *following;
    }
    Ok(sectors)
}

fn parse_entry(bytes: &[u8], id: u32, small: bool) -> Option<Entry> {
    let kind = bytes[66];
    if !matches!(kind, 1 | 2 | 5) {
        return None;
    }
    let length = usize::from(u16_at(bytes, 64)).min(64).saturating_sub(2);
    let units: Vec<u16> = bytes[..length]
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    let high = if small {
        0
    } else {
        u64::from(u32_at(bytes, 124))
    };
    Some(Entry {
        name: String::from_utf16_lossy(&units),
        stream: kind == 2,
        start: u32_at(bytes, 116),
        size: high << 32 | u64::from(u32_at(bytes, 120)),
        root: kind == 5,
        id,
        left: u32_at(bytes, 68),
        right: u32_at(bytes, 72),
        child: u32_at(bytes, 76),
    })
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes
        .chunks_exact(4)
        .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
        .collect()
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes
        .get(at..at + 2)
        .map_or(0, |two| u16::from_le_bytes([two[0], two[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |four| {
        u32::from_le_bytes([four[0], four[1], four[2], four[3]])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn open_error(bytes: Vec<u8>) -> String {
        match Ole::open(&mut Cursor::new(bytes)) {
            Ok(_) => "opened".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn hostile_headers_are_refused() {
        let mut header = vec![0_u8; 1536];
        header[..8].copy_from_slice(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]);
        assert!(open_error(header[..100].to_vec()).contains("cut off"));
        assert!(open_error(header.clone()).contains("odd sector size"));
        header[30] = 9;
        header[32] = 6;
        header[60..64].copy_from_slice(&END.to_le_bytes());
        header[68..72].copy_from_slice(&END.to_le_bytes());
        header[76..512].fill(0xFF);
        header[76..80].copy_from_slice(&0_u32.to_le_bytes());
        // Sector 0 is the allocation table; sector 1 follows itself.
        header[512..1024].fill(0xFF);
        header[516..520].copy_from_slice(&1_u32.to_le_bytes());
        header[48..52].copy_from_slice(&1_u32.to_le_bytes());
        assert!(open_error(header.clone()).contains("cyclic"));
        header[48..52].copy_from_slice(&77_u32.to_le_bytes());
        assert!(
            open_error(header.clone()).contains("sector lies")
                || open_error(header).contains("leaves")
        );
    }
}
