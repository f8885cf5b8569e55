//! Stored plans as a page for whoever signs them.
//!
//! Rule that must hold: what is to be signed stands on it whole, with the hash of the plan.

use super::html::Page;
use crate::domain::Lang;

/// A page with one or several plans.
pub struct PlanPage {
    page: Page,
    lang: Lang,
}

impl PlanPage {
    /// An empty page.
    pub fn new(lang: Lang) -> Self {
        let title = match lang {
            Lang::En => "What would change",
            Lang::Fr => "Ce qui changerait",
        };
        Self {
            page: Page::new(lang, title),
            lang,
        }
    }

    /// What is to be known about what follows.
    pub fn about(&mut self, text: &str) {
        self.page.paragraph(text);
    }

    /// The changes of one release: what, before, after.
    pub fn release(&mut self, title: &str, changes: &[[String; 3]]) {
        let (heads, none) = match self.lang {
            Lang::En => (["What", "Now", "Afterwards"], "Nothing changes."),
            Lang::Fr => (["Quoi", "Maintenant", "Ensuite"], "Rien ne change."),
        };
        let rows: Vec<Vec<String>> = changes.iter().map(|row| row.to_vec()).collect();
        self.page.table(title, &heads, &rows, none);
    }

    /// The whole file.
    pub fn finish(self) -> Vec<u8> {
        self.page.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_signed_stands_on_it() {
        let mut page = PlanPage::new(Lang::Fr);
        page.about("Plan 1, <hash>");
        page.release(
            "Titre",
            &[["subject".to_owned(), "\"a\"".to_owned(), "x\ny".to_owned()]],
        );
        page.release("Vide", &[]);
        let text = String::from_utf8(page.finish()).unwrap();
        assert!(text.contains("<p>Plan 1, &lt;hash&gt;</p>"));
        assert!(
            text.contains("<th scope=\"row\">subject</th><td>&quot;a&quot;</td><td>x<br>y</td>")
        );
        assert!(text.contains("<p>Rien ne change.</p>"));
    }
}
