//! Where everything goes in a bag, and by which ids its metadata speaks of it.

use std::{collections::BTreeMap, path::Path};

use uuid::Uuid;

use super::{
    error::BagError,
    input::{BagInput, BagItem, BagRendition},
    names::Names,
};
use crate::domain::Sha256;

/// The items of a bag in their order, with every file's place.
pub(super) struct Layout<'a> {
    /// Items by native id, then version.
    pub(super) items: Vec<LaidItem<'a>>,
}

/// One item with its number.
pub(super) struct LaidItem<'a> {
    /// `0001`, `0002` …: the name of its folder of renditions and of its native metadata.
    pub(super) number: String,
    /// The item.
    pub(super) item: &'a BagItem,
    /// Its original.
    pub(super) original: LaidFile<'a>,
    /// Its renditions, by name.
    pub(super) renditions: Vec<(LaidFile<'a>, &'a BagRendition)>,
}

/// One file of the payload.
pub(super) struct LaidFile<'a> {
    /// Path in the bag, from `data/`.
    pub(super) path: String,
    /// Id in the metadata, derived from bag and item.
    pub(super) id: Uuid,
    /// Id within the XML files.
    pub(super) xml_id: String,
    /// Where its bytes are.
    pub(super) local: &'a Path,
    /// What they must be.
    pub(super) sha256: Sha256,
    /// How many they must be.
    pub(super) size_bytes: u64,
}

/// SHA-512 of every file of the payload, by path, in hex.
pub(super) type Digests = BTreeMap<String, String>;

impl<'a> Layout<'a> {
    /// Orders the items and gives every file its place. Does not depend on the order of the input.
    pub(super) fn of(input: &'a BagInput) -> Result<Self, BagError> {
        let mut items: Vec<&BagItem> = input.items.iter().collect();
        items.sort_by(|a, b| (&a.native_id, a.version).cmp(&(&b.native_id, b.version)));
        if let Some(twice) = items.windows(2).find(|pair| {
            pair[0].native_id == pair[1].native_id && pair[0].version == pair[1].version
        }) {
            return Err(BagError::DuplicateItem {
                native_id: twice[0].native_id.clone(),
                version: twice[0].version,
            });
        }
        if items.is_empty() {
            return Err(BagError::Empty);
        }
        let mut paths = original_paths(&items);
        let mut names = Names::default();
        let items = items
            .iter()
            .zip(1_usize..)
            .map(|(item, position)| lay(input, item, position, &mut paths, &mut names))
            .collect();
        Ok(Self { items })
    }

    /// Every file of the payload.
    pub(super) fn files(&self) -> impl Iterator<Item = &LaidFile<'a>> {
        self.items.iter().flat_map(|item| {
            std::iter::once(&item.original).chain(item.renditions.iter().map(|(file, _)| file))
        })
    }
}

/// Safe paths for the originals, by position. Twins are told apart in the order of their paths.
fn original_paths(items: &[&BagItem]) -> Vec<String> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|i| (&items[*i].path, *i));
    let mut names = Names::default();
    let mut paths = vec![String::new(); items.len()];
    for i in order {
        let item = items[i];
        let seed = format!("{}\n{}", item.native_id, item.version);
        paths[i] = names.place("data/originals", &item.path, &seed);
    }
    paths
}

fn lay<'a>(
    input: &BagInput,
    item: &'a BagItem,
    position: usize,
    paths: &mut [String],
    names: &mut Names,
) -> LaidItem<'a> {
    let number = format!("{position:04}");
    let mut renditions: Vec<&BagRendition> = item.renditions.iter().collect();
    renditions.sort_by(|a, b| (&a.name, a.sha256).cmp(&(&b.name, b.sha256)));
    let key = format!("{}\n{}", item.native_id, item.version);
    let original = LaidFile {
        path: std::mem::take(&mut paths[position - 1]),
        id: derived(input, "original", &key),
        xml_id: format!("original-{number}"),
        local: &item.original,
        sha256: item.sha256,
        size_bytes: item.size_bytes,
    };
    let renditions = renditions
        .into_iter()
        .zip(1_usize..)
        .map(|(rendition, at)| {
            // A rendition's name is one name: a slash in it is no folder.
            let name = rendition.name.replace('/', "_");
            let file = LaidFile {
                path: names.place(&format!("data/renditions/{number}"), &name, &at.to_string()),
                id: derived(
                    input,
                    "rendition",
                    &format!("{key}\n{at}\n{}", rendition.name),
                ),
                xml_id: format!("rendition-{number}-{at:02}"),
                local: &rendition.path,
                sha256: rendition.sha256,
                size_bytes: rendition.size_bytes,
            };
            (file, rendition)
        })
        .collect();
    LaidItem {
        number,
        item,
        original,
        renditions,
    }
}

/// An id that follows from the bag and a name within it (UUID version 5).
pub(super) fn derived(input: &BagInput, what: &str, name: &str) -> Uuid {
    Uuid::new_v5(&input.bag_id, format!("{what}\n{name}").as_bytes())
}
