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
            "privilég",
            "privilÉg",
            "solicitor",
            "lawyer",
            "attorney",
            "avocat",
            "eyes only",
            "eyes-only",
            "canadiens",
            "prot.",
            "prot a",
            "prot b",
            "prot c",
            "prot-",
            "p r o t",
            "p\u{A0}r\u{A0}o\u{A0}t",
            "s e c r e t",
            "s\u{A0}e\u{A0}c\u{A0}r",
            "c o n f i d",
            "c\u{A0}o\u{A0}n\u{A0}f",
        ])
        .expect("the words are valid")
});

pub(super) const WHEN_COMPLETED: &str = r"(?:when|once|if|upon|after)\s+(?:completed|complete|completion|filled(?:\s+(?:in|out))?)|(?:une\s+fois|lorsque|lorsqu.il\s+est|quand|si)\s+(?:le\s+formulaire\s+est\s+)?(?:rempli|compl[ée]t[ée])e?s?";
pub(super) const GAP: &str =
    r"[\s\x{A0}\x{AD}\x{200B}\x{2060}:,_.\-\x{2010}\x{2011}–—/()\[\]*'’‘\x{22}“”«»]";

/// A word whose letters may stand apart: `S E C R E T`.
fn spread(letters: &[&str]) -> String {
    letters.join(r"[ \x{A0}]?")
}

pub(super) static LEVEL: LazyLock<Regex> = LazyLock::new(|| {
    const E: &str = r"(?:é|e\x{301}?)";
    let protected = spread(&["p", "r", "o", "t", "e", "c", "t", "e", "d"]);
    let protege = spread(&["p", "r", "o", "t", E, "g", E]);
    let secret = spread(&["s", "e", "c", "r", "e", "t"]);
    let top = spread(&["t", "o", "p"]);
    let tres = spread(&["t", "r", r"(?:è|e\x{300}?)", "s"]);
    let confiden = spread(&["c", "o", "n", "f", "i", "d", "e", "n", "t", "i"]);
    let al = spread(&["a", "l"]);
    let el = spread(&["e", "l"]);
    Regex::new(&format!(
        r"(?i)\b(?:(?:{protected}|{protege}e?s?|prot\b\.?){GAP}{{0,4}}(?:(?:{WHEN_COMPLETED}){GAP}{{0,4}})?(?P<letter>[abc])\b|(?P<top>{top}[\s_\-]*{secret}|{tres}[\s_\-]*{secret})\b|(?P<secret>{secret})\b|(?P<confidential>{confiden}[ \x{{A0}}]?(?:{al}|{el}(?:le)?))\b|(?P<open>unclassified|non[\s\-]*classifi(?:é|e\x{{301}}?)e?|sans\s+classification)\b)"
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
        r"(?i)confidences?\s+(?:of|from)\s+the\s+(?:(?:king|queen)['’]?s\s+)?privy\s+council(?:\s+for\s+canada)?|confidences?\s+(?:of|from)\s+(?:the\s+)?cabinet|privy\s+council\s+confidences?|cabinet[\s\-–‑]+confidences?|confidences?\s+du\s+(?:cabinet|conseil\s+priv[ée](?:\s+d(?:u\s+roi|e\s+la\s+reine)(?:\s+pour\s+le\s+canada)?)?)|document\s+confidentiel\s+du\s+(?:conseil\s+priv[ée](?:\s+d(?:u\s+roi|e\s+la\s+reine)(?:\s+pour\s+le\s+canada)?)?|cabinet)|(?:renseignements?\s+|document\s+)?confidentiels?\s+du\s+(?:cabinet|conseil\s+priv[ée](?:\s+d(?:u\s+roi|e\s+la\s+reine)(?:\s+pour\s+le\s+canada)?)?)",
    )
    .expect("the pattern is valid")
});

pub(super) static SOLICITOR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:privileged?\s*(?:&|and|/|,)\s*confidential\s*[\-–—:/|]*\s*)?(?:solicitor|lawyer|attorney)[\s\-–‑/]*(?:and[\s\-–‑]*)?client(?:\s*[\-–‑]?\s*(?:privileged?|communications?))*|privileged?\s*(?:&|and)\s*confidential|privil[ée]gi[ée]e?s?\s+et\s+confidentiel(?:le)?s?|litigation\s+privileged?|legal(?:ly)?\s+(?:advice\s+)?privileged?|privil[èe]ge\s+relatif\s+au\s+litige|(?:prot[ée]g[ée]\s+par\s+le\s+)?secret\s+professionnel(?:\s+(?:de\s+l['’]avocat|avocat[\s\-–‑]*client))?|privil[èe]ge\s+(?:du\s+)?(?:secret\s+professionnel|avocat[\s\-–‑]*client)",
    )
    .expect("the pattern is valid")
});

pub(super) static CANADIAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:for\s+)?\b(?:canadians?|cdn|can)[\s\-–]+eyes[\s\-–]+only|r[ée]serv[ée]e?s?\s+aux\s+(?:yeux\s+)?canadiens|(?:pour|aux)\s+(?:les\s+)?canadiens\s+seulement|yeux\s+canadiens\s+seulement|(?:[àa]\s+l['’])?usage\s+exclusif\s+des\s+canadiens",
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

/// `Classification:` and its kin directly before a marking, also as the name of a field: `"securityClassification": "`.
pub(super) static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:(?:\b|_|security)(?:classification|marking|category|designation)(?:[\s_\-]?(?:level|code|label))?|\bniveau\s+de\s+(?:s[ée]curit[ée]|classification|protection)\s*:|\bcote\s*:|\bcote\s+de\s+s[ée]curit[ée]|\bmarquage|\bsensitivity(?:[\s_\-]?label)?|\bsensibilit[ée]|\bcat[ée]gorie\s+de\s+s[ée]curit[ée]|\bsecurity[\s_\-]?clearance)[\x22'”»]?\s*(?:[:=|>\t–—-]|is|est)?\s*[\x22'“«]?\s*$")
        .expect("the pattern is valid")
});

/// Words that deny a level or make it a condition, directly before it: "is not", "n'est pas", "if it is".
pub(super) static DENIED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\b(?:not|never|nor|isn['’]t|wasn['’]t|no\s+longer|n['’](?:est|[ée]tait)\s+(?:pas|plus)|pas|jamais|ni)\s+(?:(?:yet|be|been|a|an|un|une|considered|classified|marked|rated|designated|cot[ée]e?s?|classifi[ée]e?s?|class[ée]e?s?|marqu[ée]e?s?|d[ée]sign[ée]e?s?)\s+)*|\b(?:if|when|where|whether|unless|si|s['’]il\s+est|lorsque)\s+(?:(?:it|this|a|the|an|le|la|un|une|document|record|file|dossier|is|are|est|was|classified|marked|cot[ée]e?|classifi[ée]e?)\s+){0,5})[“«\x22'‘]?\s*$")
        .expect("the pattern is valid")
});

/// Words that speak of another record.
pub(super) static ELSEWHERE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:(?:related|other|another|companion|separate)\s+(?:files?|records?|documents?|memos?|reports?|notes?)|(?:held|kept|stored|filed)\s+(?:elsewhere|separately)|(?:autres?|second)\s+(?:dossiers?|documents?|notes?|rapports?)|(?:dossier|document|note|rapport)s?\s+(?:connexe|distincte?)s?|conserv[ée]e?s?\s+(?:ailleurs|s[ée]par[ée]ment))\b")
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
