//! What was done to a table, before and after, for people and in both languages.

use rideau_domain::{Bilingual, bilingual};
use serde::{Deserialize, Serialize};

use crate::{Table, Verdict};

/// A protected table in numbers. None of them tells which cell is which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The profile.
    pub profile: String,
    /// Cells, totals included.
    pub cells: usize,
    /// Totals with their parts.
    pub relations: usize,
    /// Cells that a rule forbids to show.
    pub primary: usize,
    /// Of these, zeros.
    pub zeros: usize,
    /// Of these, cells with one contributor.
    pub singles: usize,
    /// How many would be found exactly by adding and subtracting, if only they were hidden.
    pub exposed_before: usize,
    /// Cells hidden to protect them.
    pub complementary: usize,
    /// True when no cheaper choice protects the table.
    pub fewest: bool,
    /// The multiple that shown numbers were rounded to; 1 for none.
    pub rounding_base: i64,
    /// False when controlled rounding found no table.
    pub rounded_together: bool,
    /// Cells that a rule forbids to show and that an earlier release showed.
    pub already_out: usize,
    /// Intervals that were attacked: cells, and cells under each sole contributor's knowledge.
    pub attacks: usize,
    /// Of these, without proof.
    pub open: usize,
    /// What of the innermost cells' sum is hidden, in thousandths.
    pub hidden_share_permille: i64,
    /// May it go out?
    pub verdict: Verdict,
}

/// What of the sum of all cells is hidden, in thousandths.
pub(crate) fn share(table: &Table, hidden: &[bool]) -> i64 {
    let mut inner = vec![true; table.len()];
    for relation in table.relations() {
        inner[relation.total] = false;
    }
    let (mut all, mut gone) = (0, 0);
    for cell in (0..table.len()).filter(|&cell| inner[cell]) {
        all += table.value(cell);
        if hidden[cell] {
            gone += table.value(cell);
        }
    }
    let permille = i128::from(gone) * 1_000 / i128::from(all.max(1));
    i64::try_from(permille).unwrap_or(1_000)
}

/// The summary as sentences, one line each.
pub fn summarise(summary: &Summary) -> Vec<Bilingual> {
    let Summary {
        profile,
        cells,
        relations,
        primary,
        zeros,
        singles,
        exposed_before,
        complementary,
        rounding_base,
        already_out,
        attacks,
        open,
        ..
    } = summary;
    let mut lines = vec![
        bilingual!(
            "Profile {profile}: {cells} cells, {relations} totals.",
            "Profil {profile} : {cells} cellules, {relations} totaux."
        ),
        bilingual!(
            "Before: {primary} cells must not show ({zeros} zeros, {singles} with one contributor). Hiding only these leaves {exposed_before} that anyone can work out.",
            "Avant : {primary} cellules ne doivent pas paraître ({zeros} zéros, {singles} à un seul contributeur). Ne masquer que celles-ci en laisse {exposed_before} que chacun peut recalculer."
        ),
        bilingual!(
            "After: {complementary} more cells are hidden to protect them.",
            "Après : {complementary} autres cellules sont masquées pour les protéger."
        ),
    ];
    if summary.fewest {
        lines.push(Bilingual::new(
            "No cheaper choice protects this table.",
            "Aucun choix moins coûteux ne protège ce tableau.",
        ));
    }
    if *rounding_base > 1 {
        lines.push(bilingual!(
            "All numbers that show are rounded to multiples of {rounding_base}.",
            "Tous les nombres qui paraissent sont arrondis à des multiples de {rounding_base}."
        ));
    }
    if !summary.rounded_together {
        lines.push(Bilingual::new(
            "No rounding was found under which all totals add.",
            "Aucun arrondi conservant tous les totaux n’a été trouvé.",
        ));
    }
    if *already_out > 0 {
        lines.push(bilingual!(
            "{already_out} of these cells showed in an earlier release. Hiding them now does not take that back; a person must decide.",
            "{already_out} de ces cellules ont paru dans une diffusion antérieure. Les masquer maintenant n’y change rien ; une personne doit décider."
        ));
    }
    lines.push(match summary.verdict {
        Verdict::Safe => bilingual!(
            "Attacked {attacks} times from everything that shows, and with what sole contributors know: no hidden cell can be narrowed down too far.",
            "Attaqué {attacks} fois à partir de tout ce qui paraît et de ce que savent les contributeurs uniques : aucune cellule masquée ne peut être trop resserrée."
        ),
        Verdict::NotProven => bilingual!(
            "Not proven: {open} of {attacks} attacks were not shown to fail. Nothing goes out before a person has looked.",
            "Non prouvé : l’échec de {open} attaques sur {attacks} n’a pas été démontré. Rien ne sort avant qu’une personne ait examiné."
        ),
    });
    lines
}
