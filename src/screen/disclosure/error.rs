//! What can go wrong before anything is protected.

use rideau_domain::Bilingual;

/// Why a table cannot be protected or judged.
#[derive(Debug, thiserror::Error)]
pub enum DisclosureError {
    /// A relation does not add up, so that the table is not what it was taken for.
    #[error("the total {total} does not equal its {parts} parts")]
    DoesNotAdd {
        /// Key of the total.
        total: String,
        /// How many parts it has.
        parts: usize,
    },
    /// Two cells have one key.
    #[error("two cells are called {key}")]
    TwoCells {
        /// The key.
        key: String,
    },
    /// A number is negative or too large to reckon with.
    #[error("cell {key} holds {value}, which is no count")]
    NotACount {
        /// Key of the cell.
        key: String,
        /// What it holds.
        value: i64,
    },
    /// A relation or a dimension points to what does not exist.
    #[error("{what} points outside of the table")]
    Outside {
        /// Which part of the table.
        what: String,
    },
    /// The same cell has different values in linked tables.
    #[error("linked tables disagree on cell {key}")]
    Disagree {
        /// Key of the cell.
        key: String,
    },
    /// The file holds cells that are hidden already; their values are not there to reckon with.
    #[error("{count} cells are hidden already")]
    HiddenInput {
        /// How many.
        count: usize,
    },
    /// No table was found in the grid.
    #[error("no table of counts was found: {why}")]
    NoTable {
        /// What was missing.
        why: String,
    },
    /// A profile that cannot be used.
    #[error("profile {name}: {why}")]
    Profile {
        /// Its name.
        name: String,
        /// What is wrong.
        why: String,
    },
}

impl DisclosureError {
    /// What happened and what to do next, for a person.
    pub fn explain(&self) -> Bilingual {
        match self {
            Self::DoesNotAdd { total, .. } => Bilingual::new(
                format!(
                    "The total “{total}” does not equal the sum of its parts. Correct the table, then try again."
                ),
                format!(
                    "Le total « {total} » n’est pas la somme de ses parties. Corrigez le tableau, puis réessayez."
                ),
            ),
            Self::TwoCells { key } => Bilingual::new(
                format!("Two cells stand for “{key}”. Give every row its own labels."),
                format!(
                    "Deux cellules représentent « {key} ». Donnez à chaque ligne ses propres libellés."
                ),
            ),
            Self::NotACount { key, .. } => Bilingual::new(
                format!(
                    "The cell “{key}” is negative or too large to be a count. Check the column."
                ),
                format!(
                    "La cellule « {key} » est négative ou trop grande pour un dénombrement. Vérifiez la colonne."
                ),
            ),
            Self::Outside { what } => Bilingual::new(
                format!("The description of the table is damaged: {what}."),
                format!("La description du tableau est endommagée : {what}."),
            ),
            Self::Disagree { key } => Bilingual::new(
                format!(
                    "The tables give different values for “{key}”. Tables that are published together must agree."
                ),
                format!(
                    "Les tableaux donnent des valeurs différentes pour « {key} ». Des tableaux publiés ensemble doivent concorder."
                ),
            ),
            Self::HiddenInput { count } => Bilingual::new(
                format!(
                    "{count} cells are hidden already. Protect the table with all its values, or check it with `rideau audit-table`."
                ),
                format!(
                    "{count} cellules sont déjà masquées. Protégez le tableau avec toutes ses valeurs, ou vérifiez-le avec `rideau audit-table`."
                ),
            ),
            Self::NoTable { why } => Bilingual::new(
                format!("No table of counts was found ({why}). A person must look at this file."),
                format!(
                    "Aucun tableau de dénombrements n’a été trouvé ({why}). Une personne doit examiner ce fichier."
                ),
            ),
            Self::Profile { name, why } => Bilingual::new(
                format!("The profile “{name}” cannot be used: {why}."),
                format!("Le profil « {name} » ne peut être utilisé : {why}."),
            ),
        }
    }
}
