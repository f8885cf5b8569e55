//! The words of markings and of what merely looks like them, as patterns.
//!
//! Leans on `regex` and `aho-corasick`, which never backtrack. Rule that must hold: [`STEMS`] finds every text in
//! which another pattern could find a marking or caveat.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

/// Words without which no pattern below can match.
pub(super) static STEMS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build([
            "protected",
            "protég",
            "protÉg",
            "proteg",
            "protÉG",
            "prote\u{301}g",
            "secret",
            "confiden",
            "classifi",
            "cabinet",
            "privy",
            "conseil priv",
            "privilege",
            "privilège",
            "privilÈge",
            "eyes only",
            "canadiens",
        ])
        .expect("the words are valid")
});

pub(super) const WHEN_COMPLETED: &str = r"(?:when|once|if|upon|after)\s+(?:completed|complete|completion|filled(?:\s+(?:in|out))?)|(?:une\s+fois|lorsque|lorsqu.il\s+est|quand|si)\s+(?:le\s+formulaire\s+est\s+)?(?:rempli|compl[ée]t[ée])e?s?";
pub(super) const GAP: &str =
    r"[\s\x{A0}\x{AD}\x{200B}\x{2060}:,_.\-\x{2010}\x{2011}–—/()\[\]*'’‘\x{22}“”«»]";

pub(super) static LEVEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?i)\b(?:(?:protected|prot(?:é|e\x{{301}}?)g(?:é|e\x{{301}}?)e?s?){GAP}{{0,4}}(?:(?:{WHEN_COMPLETED}){GAP}{{0,4}})?(?P<letter>[abc])\b|(?P<top>top[\s_\-]*secret|tr(?:è|e\x{{300}}?)s[\s_\-]*secret)\b|(?P<secret>secret)\b|(?P<confidential>confidential|confidentiel(?:le)?)\b|(?P<open>unclassified|non[\s\-]*classifi(?:é|e\x{{301}}?)e?|sans\s+classification)\b)"
    ))
    .expect("the pattern is valid")
});

pub(super) static COMPLETED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("(?i){WHEN_COMPLETED}")).expect("the pattern is valid"));

/// "Protected" without its letter.
pub(super) static BARE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(?:protected|prot[ée]g[ée])(?:\W+(?:protected|prot[ée]g[ée]))?\W*$")
        .expect("the pattern is valid")
});

/// "Protected" whose letter stands on the next line.
pub(super) static WRAPPED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:protected|prot[ée]g[ée])[ \t]*(\r?\n)[ \t]*[abc]\b")
        .expect("the pattern is valid")
});

pub(super) static CABINET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)confidences?\s+of\s+the\s+(?:king|queen)['’]?s\s+privy\s+council(?:\s+for\s+canada)?|cabinet\s+confidences?|document\s+confidentiel\s+du\s+(?:conseil\s+priv[ée](?:\s+d(?:u\s+roi|e\s+la\s+reine)(?:\s+pour\s+le\s+canada)?)?|cabinet)|(?:renseignements?\s+|document\s+)?confidentiels?\s+du\s+(?:cabinet|conseil\s+priv[ée](?:\s+d(?:u\s+roi|e\s+la\s+reine)(?:\s+pour\s+le\s+canada)?)?)",
    )
    .expect("the pattern is valid")
});

pub(super) static SOLICITOR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)solicitor[\s\-–‑]*client(?:\s+privileged?)?|(?:prot[ée]g[ée]\s+par\s+le\s+)?secret\s+professionnel(?:\s+(?:de\s+l['’]avocat|avocat[\s\-–‑]*client))?|privil[èe]ge\s+(?:du\s+)?(?:secret\s+professionnel|avocat[\s\-–‑]*client)",
    )
    .expect("the pattern is valid")
});

pub(super) static CANADIAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)canadian\s+eyes\s+only|r[ée]serv[ée]\s+aux\s+canadiens|pour\s+canadiens\s+seulement",
    )
    .expect("the pattern is valid")
});

pub(super) static CEO: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\bCEO\b").expect("the pattern is valid"));

pub(super) static THIRD_PARTY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:commercial|business)(?:ly|\s+in)?[\s\-]+confiden(?:tial|ce)|commercial[\s\-]in[\s\-]confidence|confidentiel\s+(?:commercial|d['’]affaires)|renseignements\s+commerciaux\s+confidentiels")
        .expect("the pattern is valid")
});

/// Words directly after "secret" or before it that make it something else.
pub(super) static NOT_SECRET_AFTER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^[\s_\-]*(?:professionnel|santa|service|ballot|sauce|police|key|societ|agent|garden|recipe|ingredient|commerc|de\s+(?:l['’]instruction|fabrication|polichinelle|beaut[ée])|m[ée]dical|bancaire|d['’][ée]tat)")
        .expect("the pattern is valid")
});
pub(super) static NOT_SECRET_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:trade|client|shared|api|open|best[\s\-]kept|en|au|scrutin|vote|agent|service)[\s_\-]+$").expect("the pattern is valid")
});

/// Words of a line that defines, explains or lists levels, or of a disclaimer.
pub(super) static EXPLAINS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:intended|recipients?|destinataires?|disclaimer|avis\s+de\s+confidentialit[ée]|e-?mail|courriel|must|shall|should|doi(?:t|vent)|means?|signifie|defin\w*|d[ée]fini\w*|levels?|niveaux?|such\s+as|tels?\s+que|e\.g|p\.\s?ex|examples?|exemples?|refers?\s+to|injury|pr[ée]judice|handling|manipulation|guides?|guidelines?|lignes\s+directrices|directives?|polic(?:y|ies)|politiques?|training|formation|standards?|normes?|procedures?|proc[ée]dures?|safeguard\w*|storage|stor(?:e|ing)|entreposage|categori\w*|cat[ée]gori\w*|up\s+to|jusqu|how\s+to|comment|clearances?|habilitation|applies|s.applique|information\s+that|renseignements\s+qui|or\s+(?:above|higher)|ou\s+plus|network|r[ée]seau|section\s+\d)\b",
    )
    .expect("the pattern is valid")
});

/// Words of an e-mail disclaimer.
pub(super) static DISCLAIMS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:intended|recipients?|destinataires?|privileged|may\s+contain|peut\s+contenir|e-?mail|courriel|message)\b").expect("the pattern is valid")
});

pub(super) static LIFTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:de-?classified|d[ée]-?classifi[ée]e?s?|downgraded|d[ée]class[ée]e?s?|formerly|previously|anciennement|auparavant|ant[ée]rieurement|was|were|[ée]tait|no\s+longer|n['’]est\s+plus|cancelled|annul[ée]e?s?)\b",
    )
    .expect("the pattern is valid")
});

pub(super) static NOT_LIFTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\b(?:not|non|pas|never|jamais|be|[êe]tre|sera|will|until|jusqu\S*|unless|before|avant)\b[\s\w]{0,12})$").expect("the pattern is valid")
});

/// "to" directly before a level after "downgraded".
pub(super) static DOWN_TO: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:to|[àa]|en|au|now|maintenant)\s*:?\s*$").expect("the pattern is valid")
});

/// What may stand beside a marking on its own line.
pub(super) static FILLER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:security|classification|class|s[ée]curit[ée]|cote|de|du|la|level|niveau|marking|marquage|page|pages|of|sur|copy|copie|draft|[ée]bauche|document|designation|d[ée]signation|sensitivity|sensibilit[ée]|label|[ée]tiquette|category|cat[ée]gorie|and|et|or|ou|with|avec|private|priv[ée]|personal|personnel|strictly|strictement|only|declassified|d[ée]classifi[ée]|downgraded|was|formerly|anciennement|canada|gc|nato|otan|avocat|client|privileged?|\d+)$")
        .expect("the pattern is valid")
});

/// `Classification:` and its kin directly before a marking.
pub(super) static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\b(?:security\s+)?(?:classification|marking|category|designation)|\bclassification\s+de\s+s[ée]curit[ée]|\bcote\s+de\s+s[ée]curit[ée]|\bmarquage|\bsensitivity(?:\s+label)?|\bsensibilit[ée]|\bcat[ée]gorie\s+de\s+s[ée]curit[ée]|\bsupplemental\s+marking|\bsecurity\s+clearance)\s*(?:[:=|\t–—-]|is|est)?\s*$")
        .expect("the pattern is valid")
});

/// "This document is classified" directly before a marking.
pub(super) static STATED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:this|the\s+attached|the\s+present|ce(?:tte)?|le\s+pr[ée]sent|la\s+pr[ée]sente)\s+(?:[\w\-’']+\s+){0,4}(?:is|are|has\s+been|est|sont|a\s+[ée]t[ée])\s+(?:classified|marked|designated|rated|cot[ée]e?|classifi[ée]e?|d[ée]sign[ée]e?|marqu[ée]e?)?\s*(?:as|comme|:)?\s*[“«\x22]?\s*$")
        .expect("the pattern is valid")
});

pub(super) static SUBJECT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*(?:subject|objet|re|tr|fw|fwd)\s*:").expect("the pattern is valid")
});
