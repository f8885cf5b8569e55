//! The options of the kind `ckan`.

use rideau_domain::bilingual;

use crate::options::{Problems, Secret, Section, WebUrl};

crate::options! {
    /// A CKAN portal, such as the Open Government registry, through its action interface.
    #[fr = "Un portail CKAN, comme le registre du gouvernement ouvert, par son interface d’actions."]
    #[check = sound]
    pub struct CkanOptions {
        /// The portal's address. Must be `https`, but for this machine itself: the token travels with every request.
        #[fr = "L’adresse du portail. Obligatoirement `https`, sauf pour cette machine elle-même : le jeton accompagne chaque requête."]
        #[example = "\"https://registry.example.gc.ca/\""]
        url: WebUrl,
        /// The token of an editor of the organization. Never the token itself: where it is.
        #[fr = "Le jeton d’un rédacteur de l’organisation. Jamais le jeton lui-même : où il se trouve."]
        #[example = "{ env = \"RIDEAU_CKAN_TOKEN\" }"]
        token: Secret,
        /// The organization that owns the datasets. Without it, `department.organization`.
        #[fr = "L’organisation à laquelle appartiennent les jeux de données. Sans elle, `department.organization`."]
        #[example = "\"cic\""]
        organization: Option<String>,
        /// The largest file the portal takes. Larger ones are held before anything is sent.
        #[fr = "Le plus gros fichier que le portail accepte. Les plus gros sont retenus avant tout envoi."]
        #[example = "500"]
        #[unit = "MB"]
        #[range(1, 1_000_000)]
        upload_limit_mb: u64 = 500,
        /// How many files a dataset may have. Every change of a dataset costs more with each; larger ones are held before anything is sent.
        #[fr = "Combien de fichiers un jeu de données peut compter. Chaque modification coûte plus avec chacun ; les plus grands sont retenus avant tout envoi."]
        #[example = "100"]
        #[range(1, 10_000)]
        most_resources: u64 = 200,
        /// How many requests at most go out in a second.
        #[fr = "Combien de requêtes partent au plus par seconde."]
        #[example = "2.5"]
        #[range(0.01, 1000)]
        requests_per_second: f64 = 4.0,
        /// How much may be sent in a second, all files together. Without it, as much as the line carries.
        #[fr = "Combien peut être envoyé par seconde, tous fichiers confondus. Sans cela, autant que la ligne le permet."]
        #[example = "2000"]
        #[unit = "kB"]
        #[range(1, 10_000_000)]
        upload_kb_per_second: Option<u64>,
        /// How long an answer may take.
        #[fr = "Combien de temps une réponse peut prendre."]
        #[example = "120"]
        #[unit = "seconds"]
        #[range(1, 3600)]
        timeout_seconds: u64 = 120,
        /// Whether tables are loaded into the portal's DataStore as well, so that they can be asked by column.
        #[fr = "Si les tableaux sont aussi chargés dans le DataStore du portail, pour être interrogés par colonne."]
        #[example = "true"]
        datastore: bool = false,
        /// The id of the resource that holds the department's data inventory, in the columns of the registry's template. When it
        /// is set, rows that changed are written there after each publication; `rideau inventory push` does so at once.
        #[fr = "L’identifiant de la ressource qui contient l’inventaire des données du ministère, dans les colonnes du gabarit du registre. S’il est donné, les lignes modifiées y sont écrites après chaque publication ; `rideau inventory push` le fait immédiatement."]
        #[example = "\"5b7b2c1e-5a8d-4d8e-9a54-2f4f3c1f7a10\""]
        inventory_resource: Option<String>,
        /// Whether a complete dataset is marked ready to publish. With `false`, a person does so on the portal.
        #[fr = "Si un jeu de données complet est marqué prêt à publier. Avec `false`, une personne le fait sur le portail."]
        #[example = "true"]
        ready_to_publish: bool = true,
    }
}

fn sound(options: &CkanOptions, section: &Section<'_>, problems: &mut Problems) -> bool {
    let named = named(options, section, problems);
    private(options, section, problems) && named
}

/// The inventory's table has an id.
fn named(options: &CkanOptions, section: &Section<'_>, problems: &mut Problems) -> bool {
    let Some(text) = &options.inventory_resource else {
        return true;
    };
    if uuid::Uuid::try_parse(text).is_ok() {
        return true;
    }
    if let Some(entry) = section.get("inventory_resource") {
        entry.wrong(
            problems,
            bilingual!(
                "This is no id of a resource: copy it from the end of the resource’s address on the portal.",
                "Ce n’est pas l’identifiant d’une ressource : copiez-le de la fin de son adresse sur le portail."
            ),
        );
    }
    false
}

fn private(options: &CkanOptions, section: &Section<'_>, problems: &mut Problems) -> bool {
    if options.url.is_private() {
        return true;
    }
    let meant = options.url.url().as_str().replacen("http:", "https:", 1);
    if let Some(entry) = section.get("url") {
        entry
            .wrong(
                problems,
                bilingual!(
                    "The token would travel unprotected: use `https`.",
                    "Le jeton circulerait sans protection : utilisez `https`."
                ),
            )
            .suggest(Some(meant));
    }
    false
}
