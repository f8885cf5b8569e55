//! The options of the kind `content_server`.

use std::collections::BTreeMap;

use rideau_domain::{SecurityLevel, bilingual};

use crate::options::{Problems, Secret, Section, WebUrl};

crate::choice! {
    /// How the service account logs in.
    #[fr = "Comment le compte de service ouvre une session."]
    pub enum Login {
        /// User name and password, at Content Server itself.
        #[fr = "Nom d’utilisateur et mot de passe, auprès de Content Server même."]
        Password = "password",
        /// User name and password at OpenText Directory Services, whose ticket Content Server takes.
        #[fr = "Nom d’utilisateur et mot de passe auprès d’OpenText Directory Services, dont Content Server accepte le billet."]
        Otds = "otds",
        /// OAuth client credentials at OpenText Directory Services.
        #[fr = "Identifiants de client OAuth auprès d’OpenText Directory Services."]
        Oauth = "oauth",
    }
}

crate::options! {
    /// Folders of an OpenText Content Server, such as GCDOCS, through its REST interface. Read only.
    #[fr = "Des dossiers d’un OpenText Content Server, comme GCDOCS, par son interface REST. En lecture seule."]
    #[check = sound]
    pub struct ContentServerOptions {
        /// The server's address up to the part before `/api`. Must be `https`, but for this machine itself.
        #[fr = "L’adresse du serveur jusqu’à la partie qui précède `/api`. Obligatoirement `https`, sauf pour cette machine elle-même."]
        #[example = "\"https://gcdocs.example.gc.ca/otcs/cs\""]
        url: WebUrl,
        /// Ids of the folders or workspaces to watch, with all below them.
        #[fr = "Numéros des dossiers ou espaces de travail à surveiller, avec tout ce qu’ils contiennent."]
        #[example = "[41000]"]
        roots: Vec<u64>,
        /// Ids of folders to pass over, with all below them.
        #[fr = "Numéros des dossiers à ignorer, avec tout ce qu’ils contiennent."]
        #[example = "[41999]"]
        ignore: Vec<u64> = Vec::new(),
        /// How the service account logs in.
        #[fr = "Comment le compte de service ouvre une session."]
        #[example = "\"password\""]
        login: Login = Login::Password,
        /// The service account's user name, for `password` and `otds`.
        #[fr = "Le nom d’utilisateur du compte de service, pour `password` et `otds`."]
        #[example = "\"svc-rideau\""]
        user: Option<String>,
        /// The service account's password, for `password` and `otds`. Never the password itself: where it is.
        #[fr = "Le mot de passe du compte de service, pour `password` et `otds`. Jamais le mot de passe lui-même : où il se trouve."]
        #[example = "{ env = \"RIDEAU_GCDOCS_PASSWORD\" }"]
        password: Option<Secret>,
        /// The address of OpenText Directory Services, for `otds` and `oauth`.
        #[fr = "L’adresse d’OpenText Directory Services, pour `otds` et `oauth`."]
        #[example = "\"https://otds.example.gc.ca\""]
        otds_url: Option<WebUrl>,
        /// The OAuth client's id, for `oauth`.
        #[fr = "L’identifiant du client OAuth, pour `oauth`."]
        #[example = "\"rideau\""]
        client_id: Option<String>,
        /// The OAuth client's secret, for `oauth`. Never the secret itself: where it is.
        #[fr = "Le secret du client OAuth, pour `oauth`. Jamais le secret lui-même : où il se trouve."]
        #[example = "{ env = \"RIDEAU_GCDOCS_CLIENT\" }"]
        client_secret: Option<Secret>,
        /// How far the server's clock is from UTC, for dates that it writes without a time zone. `check` tells.
        #[fr = "L’écart entre l’heure du serveur et l’heure UTC, pour les dates qu’il écrit sans fuseau. `check` le donne."]
        #[example = "-300"]
        #[unit = "minutes"]
        #[range(-840, 840)]
        utc_offset_minutes: i64 = 0,
        /// How many entries are asked for at once.
        #[fr = "Combien d’entrées sont demandées à la fois."]
        #[example = "100"]
        #[range(1, 1000)]
        page_size: u64 = 100,
        /// How many requests run at once.
        #[fr = "Combien de requêtes sont en cours à la fois."]
        #[example = "3"]
        #[range(1, 4)]
        workers: u64 = 3,
        /// How many requests at most go out in a second.
        #[fr = "Combien de requêtes partent au plus par seconde."]
        #[example = "10.0"]
        #[range(0.01, 1000)]
        requests_per_second: f64 = 10.0,
        /// How long an answer may take.
        #[fr = "Combien de temps une réponse peut prendre."]
        #[example = "60"]
        #[unit = "seconds"]
        #[range(1, 3600)]
        timeout_seconds: u64 = 60,
        /// In how many scans every record is read in full once, although nothing shows that it changed: access rights, holds
        /// and clearances change without a trace. New and changed records are read in full at once.
        #[fr = "En combien de balayages chaque document est lu au complet une fois, même si rien n’indique un changement : les droits d’accès, les suspensions et les cotes changent sans laisser de trace. Les documents nouveaux ou modifiés sont lus au complet aussitôt."]
        #[example = "48"]
        #[unit = "scans"]
        #[range(1, 10_000)]
        full_read_every: u64 = 48,
        /// Whether access rights are asked for with every folder. A change of rights then shows at the next scan.
        #[fr = "Si les droits d’accès sont demandés avec chaque dossier. Un changement de droits se voit alors au balayage suivant."]
        #[example = "true"]
        list_rights: bool = true,
        /// The site's security clearance numbers, and the level that each stands for: `unclassified`, `protected_a`,
        /// `protected_b`, `protected_c`, `confidential`, `secret` or `top_secret`. A number that is not here is unknown, and
        /// goes to a person.
        #[fr = "Les numéros de cote de sécurité du site et le niveau que chacun représente : `unclassified`, `protected_a`, `protected_b`, `protected_c`, `confidential`, `secret` ou `top_secret`. Un numéro absent d’ici est inconnu, et va à une personne."]
        #[example = "{ 10 = \"unclassified\", 40 = \"protected_b\" }"]
        clearances: BTreeMap<String, String> = BTreeMap::new(),
        /// Whether a record counts as unclassified when the server says that no clearance was given to it. Never when the
        /// server could not say.
        #[fr = "Si un document est réputé non classifié quand le serveur dit qu’aucune cote ne lui a été donnée. Jamais quand le serveur n’a pu se prononcer."]
        #[example = "false"]
        unclassified_when_absent: bool = false,
    }
}

/// Our level with this name.
pub(super) fn level(word: &str) -> Option<SecurityLevel> {
    serde_json::from_value(serde_json::Value::from(word)).ok()
}

fn sound(options: &ContentServerOptions, section: &Section<'_>, problems: &mut Problems) -> bool {
    let before = problems.len();
    private("url", Some(&options.url), section, problems);
    private("otds_url", options.otds_url.as_ref(), section, problems);
    needed(options, section, problems);
    if (options.roots.is_empty() || options.roots.contains(&0))
        && let Some(entry) = section.get("roots")
    {
        entry.wrong(
            problems,
            bilingual!(
                "Name at least one folder by its id, which is not 0.",
                "Nommez au moins un dossier par son numéro, qui n’est pas 0."
            ),
        );
    }
    if let Some(table) = section.get("clearances").and_then(|entry| entry.section()) {
        for (number, entry) in table.entries() {
            let known = entry.text().is_some_and(|word| level(word).is_some());
            if !known {
                entry.wrong(
                    problems,
                    bilingual!(
                        "No such level. Allowed here: `unclassified`, `protected_a`, `protected_b`, `protected_c`, `confidential`, `secret`, `top_secret`.",
                        "Niveau inconnu. Permis ici : `unclassified`, `protected_a`, `protected_b`, `protected_c`, `confidential`, `secret`, `top_secret`."
                    ),
                );
            }
            if number.parse::<i64>().is_err() {
                entry.wrong(
                    problems,
                    bilingual!(
                        "“{number}” is not a clearance number: `sources describe` lists the site’s numbers.",
                        "« {number} » n’est pas un numéro de cote : `sources describe` donne la liste du site."
                    ),
                );
            }
        }
    }
    problems.len() == before
}

fn private(key: &str, address: Option<&WebUrl>, section: &Section<'_>, problems: &mut Problems) {
    let Some(address) = address.filter(|address| !address.is_private()) else {
        return;
    };
    let meant = address.url().as_str().replacen("http:", "https:", 1);
    if let Some(entry) = section.get(key) {
        entry
            .wrong(
                problems,
                bilingual!(
                    "Passwords and tickets would travel unprotected: use `https`.",
                    "Les mots de passe et les billets circuleraient sans protection : utilisez `https`."
                ),
            )
            .suggest(Some(meant));
    }
}

/// What each way of logging in needs.
fn needed(options: &ContentServerOptions, section: &Section<'_>, problems: &mut Problems) {
    let account = matches!(options.login, Login::Password | Login::Otds);
    let otds = matches!(options.login, Login::Otds | Login::Oauth);
    let oauth = options.login == Login::Oauth;
    for (wanted, there, key, example) in [
        (account, options.user.is_some(), "user", "\"svc-rideau\""),
        (
            account,
            options.password.is_some(),
            "password",
            "{ env = \"RIDEAU_GCDOCS_PASSWORD\" }",
        ),
        (
            otds,
            options.otds_url.is_some(),
            "otds_url",
            "\"https://otds.example.gc.ca\"",
        ),
        (
            oauth,
            options.client_id.is_some(),
            "client_id",
            "\"rideau\"",
        ),
        (
            oauth,
            options.client_secret.is_some(),
            "client_secret",
            "{ env = \"RIDEAU_GCDOCS_CLIENT\" }",
        ),
    ] {
        if wanted && !there {
            section.missing(key, example, problems);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Document, Options};

    #[test]
    fn options_are_checked_together() {
        let check = |text: &str, problems_expected: usize| {
            let mut problems = Problems::default();
            let document = Document::parse("test.toml", "/", text, &mut problems).unwrap();
            let section: Section<'_> = document.root();
            let _: Option<ContentServerOptions> =
                <ContentServerOptions as Options>::decode(&section, &mut problems);
            assert_eq!(problems.len(), problems_expected, "{text}\n{problems}");
        };
        let good = "url = \"https://x.example/cs/cs\"\nroots = [1]\n";
        let account = "user = \"a\"\npassword = { env = \"A\" }\n";
        check(&format!("{good}{account}"), 0);
        check(good, 2);
        check(&format!("{good}login = \"oauth\""), 3);
        check(
            &format!(
                "{good}{account}clearances = {{ 10 = \"secret\", 20 = \"geheim\", x = \"secret\" }}"
            ),
            2,
        );
        check(
            &format!("url = \"http://x.example/\"\nroots = []\n{account}"),
            2,
        );
    }
}
