//! The sections of the file, declared.
//!
//! Leans on [`options!`](rideau_connectors::options!). Rule that must hold: the docs here are the reference; what is not
//! said here is not a setting.

use std::{net::SocketAddr, path::PathBuf};

use rideau_connectors::{
    choice, options,
    options::{FreeTable, OrOff, Place, Secret, Slug, WebUrl},
};
use rideau_domain::Bilingual;

use super::{Cron, Database, InData, Labels, Zone};

options! {
    /// Whose records these are.
    #[fr = "À qui sont ces documents."]
    pub struct Department {
        /// The department's organization name on the portal.
        #[fr = "Le nom de l’organisation du ministère sur le portail."]
        #[example = "\"cic\""]
        organization: String,
        /// The department's name, in both languages.
        #[fr = "Le nom du ministère, dans les deux langues."]
        #[example = "{ en = \"Immigration, Refugees and Citizenship Canada\", fr = \"Immigration, Réfugiés et Citoyenneté Canada\" }"]
        name: Bilingual,
    }
}

options! {
    /// Where rideau keeps what it knows.
    #[fr = "Où rideau garde ce qu’il sait."]
    pub struct Data {
        /// The folder for the catalog and for scratch files. A relative path starts from the folder of this file.
        #[fr = "Le dossier du catalogue et des fichiers de travail. Un chemin relatif part du dossier de ce fichier."]
        #[example = "\"/var/lib/rideau\""]
        folder: PathBuf,
        /// Where the catalog is: `sqlite` (a file in the folder), a `postgres://` address without password, or a reference to
        /// the whole address.
        #[fr = "Où se trouve le catalogue : `sqlite` (un fichier dans le dossier), une adresse `postgres://` sans mot de passe, ou une référence à l’adresse entière."]
        #[example = "{ env = \"RIDEAU_DATABASE\" }"]
        database: Database = Database::Sqlite,
        /// Where contents are kept, by their sha256: a folder (a relative path starts from `data.folder`) or a store.
        #[fr = "Où sont gardés les contenus, par leur sha256 : un dossier (un chemin relatif part de `data.folder`) ou un dépôt."]
        #[example = "\"s3://rideau-blobs/prefix\""]
        blobs: InData = InData::folder("blobs"),
    }
}

options! {
    /// What all schedules share.
    #[fr = "Ce que tous les horaires partagent."]
    pub struct Schedule {
        /// The time zone in which schedules and windows are read.
        #[fr = "Le fuseau horaire dans lequel les horaires et les fenêtres sont lus."]
        #[example = "\"America/Toronto\""]
        time_zone: Zone = Zone(chrono_tz::America::Toronto),
    }
}

options! {
    /// How work is claimed and tried again.
    #[fr = "Comment le travail est pris et repris."]
    pub struct Engine {
        /// How many pieces of work run at once; 0 means one for each core.
        #[fr = "Combien de tâches s’exécutent à la fois ; 0 : une par cœur."]
        #[example = "4"]
        #[range(0, 1024)]
        workers: u32 = 0,
        /// How long claimed work stays claimed without a sign of life. More than twice `heartbeat_seconds`.
        #[fr = "Combien de temps une tâche prise le reste sans signe de vie. Plus de deux fois `heartbeat_seconds`."]
        #[example = "60"]
        #[unit = "seconds"]
        #[range(3, 3600)]
        lease_seconds: u64 = 60,
        /// How often running work gives a sign of life.
        #[fr = "À quel rythme une tâche en cours donne signe de vie."]
        #[example = "15"]
        #[unit = "seconds"]
        #[range(1, 1200)]
        heartbeat_seconds: u64 = 15,
        /// How often a piece of work is tried before it goes to quarantine.
        #[fr = "Combien de fois une tâche est essayée avant d’aller en quarantaine."]
        #[example = "8"]
        #[range(1, 100)]
        attempts: u32 = 8,
        /// How long to wait before trying again; the wait doubles each time.
        #[fr = "Combien de temps attendre avant de réessayer ; l’attente double chaque fois."]
        #[example = "{ first = 5, most = 3600 }"]
        #[unit = "seconds"]
        backoff_seconds: Backoff,
        /// How long running work may go on after the signal to stop, before it is released for later.
        #[fr = "Combien de temps le travail en cours peut continuer après le signal d’arrêt, avant d’être remis à plus tard."]
        #[example = "30"]
        #[unit = "seconds"]
        #[range(0, 3600)]
        grace_seconds: u64 = 30,
        /// The largest file that is fetched. Larger ones are held for a person.
        #[fr = "Le plus gros fichier qui est copié. Les plus gros sont retenus pour une personne."]
        #[example = "5000"]
        #[unit = "MB"]
        #[range(1, 1_000_000)]
        item_limit_mb: u64 = 5000,
    }
}

options! {
    /// Waits between attempts.
    #[fr = "Attentes entre les essais."]
    pub struct Backoff {
        /// The first wait.
        #[fr = "La première attente."]
        #[example = "5"]
        #[unit = "seconds"]
        #[range(1, 86400)]
        first: u64 = 5,
        /// The longest wait.
        #[fr = "La plus longue attente."]
        #[example = "3600"]
        #[unit = "seconds"]
        #[range(1, 604_800)]
        most: u64 = 3600,
    }
}

options! {
    /// Limits of the child process that reads one file. A file that hits one is held for a person with that reason.
    #[fr = "Limites du processus enfant qui lit un fichier. Un fichier qui en atteint une est retenu pour une personne avec ce motif."]
    pub struct Sandbox {
        /// Memory.
        #[fr = "Mémoire."]
        #[example = "1024"]
        #[unit = "MB"]
        #[range(64, 1_048_576)]
        memory_mb: u64 = 1024,
        /// Processor time.
        #[fr = "Temps de processeur."]
        #[example = "120"]
        #[unit = "seconds"]
        #[range(1, 86400)]
        cpu_seconds: u64 = 120,
        /// Time on the clock.
        #[fr = "Temps à l’horloge."]
        #[example = "300"]
        #[unit = "seconds"]
        #[range(1, 86400)]
        wall_seconds: u64 = 300,
        /// All outputs together.
        #[fr = "Toutes les sorties ensemble."]
        #[example = "2048"]
        #[unit = "MB"]
        #[range(1, 1_048_576)]
        output_mb: u64 = 2048,
        /// Number of output files.
        #[fr = "Nombre de fichiers de sortie."]
        #[example = "10000"]
        #[range(1, 1_000_000)]
        files: u64 = 10_000,
        /// Whether to refuse to run where the kernel lacks Landlock. With `false` the other limits hold and a warning is logged.
        #[fr = "S’il faut refuser de fonctionner là où le noyau n’a pas Landlock. Avec `false`, les autres limites tiennent et un avertissement est journalisé."]
        #[example = "true"]
        require_landlock: bool = false,
    }
}

choice! {
    /// How log lines look.
    #[fr = "L’apparence des lignes du journal."]
    pub enum LogFormat {
        /// For people.
        #[fr = "Pour des personnes."]
        Text = "text",
        /// One JSON object for each line, for machines.
        #[fr = "Un objet JSON par ligne, pour des machines."]
        Json = "json",
    }
}

choice! {
    /// How much is logged.
    #[fr = "Ce qui est journalisé."]
    pub enum LogLevel {
        /// Only what a person must act on.
        #[fr = "Seulement ce qui demande l’intervention d’une personne."]
        Error = "error",
        /// Also what a person should know.
        #[fr = "Aussi ce qu’une personne devrait savoir."]
        Warn = "warn",
        /// Also what happens.
        #[fr = "Aussi ce qui se passe."]
        Info = "info",
        /// Also how.
        #[fr = "Aussi comment."]
        Debug = "debug",
        /// Everything. Still no document text, names or tokens.
        #[fr = "Tout. Toujours sans texte de documents, ni noms, ni jetons."]
        Trace = "trace",
    }
}

options! {
    /// Logs.
    #[fr = "Journaux."]
    pub struct Log {
        /// How lines look.
        #[fr = "L’apparence des lignes."]
        #[example = "\"json\""]
        format: LogFormat = LogFormat::Text,
        /// How much is logged.
        #[fr = "Ce qui est journalisé."]
        #[example = "\"debug\""]
        level: LogLevel = LogLevel::Info,
        /// The address of an OpenTelemetry collector (OTLP over HTTP); empty means off.
        #[fr = "L’adresse d’un collecteur OpenTelemetry (OTLP sur HTTP) ; vide : désactivé."]
        #[example = "\"http://127.0.0.1:4318/\""]
        otlp: OrOff<WebUrl> = OrOff(None),
    }
}

options! {
    /// Pages, health and metrics.
    #[fr = "Pages, état et mesures."]
    pub struct Web {
        /// Address and port to listen at; empty means off.
        #[fr = "Adresse et port d’écoute ; vide : désactivé."]
        #[example = "\"127.0.0.1:8080\""]
        listen: OrOff<SocketAddr> = OrOff(Some(SocketAddr::from(([127, 0, 0, 1], 8080)))),
    }
}

choice! {
    /// What happens to runs that were missed while rideau was down.
    #[fr = "Ce qu’il advient des passages manqués pendant que rideau était arrêté."]
    pub enum Missed {
        /// One run makes up for all of them.
        #[fr = "Un seul passage les remplace tous."]
        Once = "once",
        /// They are dropped.
        #[fr = "Ils sont abandonnés."]
        Skip = "skip",
    }
}

choice! {
    /// Which items make one release.
    #[fr = "Quels éléments forment une publication."]
    pub enum GroupBy {
        /// Each file is a release.
        #[fr = "Chaque fichier est une publication."]
        File = "file",
        /// All files of a folder are one release.
        #[fr = "Tous les fichiers d’un dossier forment une publication."]
        Folder = "folder",
        /// Files whose names differ only in a last `_en` or `_fr` are one release in two languages.
        #[fr = "Les fichiers dont les noms ne diffèrent que par un `_en` ou `_fr` final forment une publication en deux langues."]
        Pair = "pair",
    }
}

choice! {
    /// What a missing clearance means.
    #[fr = "Ce que signifie une autorisation manquante."]
    pub enum Clearance {
        /// The source has no clearance field; nothing is concluded from its absence.
        #[fr = "La source n’a pas de champ d’autorisation ; rien n’est conclu de son absence."]
        None = "none",
        /// Every item must have one; an item without it goes to a person.
        #[fr = "Chaque élément doit en avoir une ; sans elle, l’élément va à une personne."]
        Required = "required",
    }
}

impl From<GroupBy> for rideau_domain::GroupBy {
    fn from(group_by: GroupBy) -> Self {
        match group_by {
            GroupBy::File => Self::File,
            GroupBy::Folder => Self::Folder,
            GroupBy::Pair => Self::Pair,
        }
    }
}

options! {
    /// When absence counts as deletion.
    #[fr = "Quand une absence compte comme une suppression."]
    pub struct Deletion {
        /// After how many complete scans in a row without it an item counts as deleted.
        #[fr = "Après combien de balayages complets de suite sans lui un élément compte comme supprimé."]
        #[example = "2"]
        #[range(1, 100)]
        scans: u32 = 2,
        /// When more than this share of all items is gone at once, nothing counts as deleted until a person has looked.
        #[fr = "Quand plus que cette part de tous les éléments disparaît d’un coup, rien ne compte comme supprimé avant qu’une personne ait regardé."]
        #[example = "0.2"]
        #[range(0.0, 1.0)]
        hold_share: f64 = 0.2,
        /// The same for a number of items.
        #[fr = "De même pour un nombre d’éléments."]
        #[example = "50"]
        #[range(1, 1_000_000_000)]
        hold_count: u64 = 50,
    }
}

options! {
    /// A watched place. What all kinds share.
    #[fr = "Un endroit surveillé. Ce que toutes les sortes partagent."]
    pub struct SourceCommon {
        /// The source's name. Ids are derived from it: renaming a source makes a new one.
        #[fr = "Le nom de la source. Les identifiants en dérivent : renommer une source en fait une nouvelle."]
        #[example = "\"shared-drive\""]
        name: Slug,
        /// When it is scanned, in `schedule.time_zone`.
        #[fr = "Quand elle est balayée, dans `schedule.time_zone`."]
        #[example = "\"0 */15 * * * *\""]
        schedule: Cron = Cron::fixed("0 */15 * * * *"),
        /// When the source may be listed and read, as the seconds that a cron expression matches; empty means any time. Outside,
        /// only what is about to be released or handed over is asked about.
        #[fr = "Quand la source peut être listée et lue : les secondes qu’une expression cron désigne ; vide : en tout temps. En dehors, seul ce qui va être publié ou remis est vérifié auprès d’elle."]
        #[example = "\"* * 0-6,18-23 * * *\""]
        window: OrOff<Cron> = OrOff(None),
        /// What happens to scans that were missed while rideau was down.
        #[fr = "Ce qu’il advient des balayages manqués pendant que rideau était arrêté."]
        #[example = "\"skip\""]
        missed: Missed = Missed::Once,
        /// A scan starts up to so much later, so that not everything starts at once.
        #[fr = "Un balayage commence jusqu’à autant plus tard, pour que tout ne commence pas en même temps."]
        #[example = "30"]
        #[unit = "seconds"]
        #[range(0, 86400)]
        jitter_seconds: u64 = 0,
        /// How many items of this source are worked on at once.
        #[fr = "Combien d’éléments de cette source sont traités à la fois."]
        #[example = "4"]
        #[range(1, 1024)]
        concurrency: u32 = 4,
        /// Which items make one release.
        #[fr = "Quels éléments forment une publication."]
        #[example = "\"pair\""]
        group_by: GroupBy = GroupBy::File,
        /// Rules by which small counts in its tables are hidden and rounded before anything leaves: `ircc`, `frequency`, or a
        /// file with a profile. Without it tables stay as they are, and a person decides about small counts.
        #[fr = "Règles selon lesquelles les petits nombres de ses tableaux sont masqués et arrondis avant toute sortie : `ircc`, `frequency`, ou un fichier de profil. Sans elles, les tableaux restent tels quels et une personne décide des petits nombres."]
        #[example = "\"ircc\""]
        disclosure: Option<PathBuf>,
        /// Names of the targets its releases go to. Empty: nothing is released, only inventoried and screened.
        #[fr = "Noms des cibles où vont ses publications. Vide : rien n’est publié, seulement inventorié et vérifié."]
        #[example = "[\"catalogue\"]"]
        targets: Vec<String> = Vec::new(),
        /// What a missing clearance means.
        #[fr = "Ce que signifie une autorisation manquante."]
        #[example = "\"none\""]
        clearance: Clearance = Clearance::Required,
        /// When absence counts as deletion.
        #[fr = "Quand une absence compte comme une suppression."]
        #[example = "{ scans = 2, hold_share = 0.2, hold_count = 50 }"]
        deletion: Deletion,
        /// A file is read when it has not changed for so long.
        #[fr = "Un fichier est lu quand il n’a pas changé depuis ce temps."]
        #[example = "60"]
        #[unit = "seconds"]
        #[range(0, 86400)]
        settle_seconds: u64 = 60,
        /// Fields of the record, in the portal's own terms, used where nothing better is known.
        #[fr = "Champs de la fiche, dans les termes du portail, utilisés quand rien de mieux n’est connu."]
        #[example = "{ type = \"dataset\", subject = [\"persons\"], keywords = { en = [\"immigration\"], fr = [\"immigration\"] } }"]
        defaults: FreeTable = FreeTable::default(),
        /// Fields of the record taken from the source's own metadata: field of the portal to JSON pointer (RFC 6901).
        #[fr = "Champs de la fiche tirés des métadonnées propres à la source : champ du portail et pointeur JSON (RFC 6901)."]
        #[example = "{ creator = \"/owner\" }"]
        mapping: FreeTable = FreeTable::default(),
        /// Attributes of the source's own metadata that rules ask about: name in rules to JSON pointer (RFC 6901). See
        /// `rideau sources describe`.
        #[fr = "Attributs des métadonnées propres à la source que les règles examinent : nom dans les règles et pointeur JSON (RFC 6901). Voir `rideau sources describe`."]
        #[example = "{ release_eligible = \"/categories/16878_4\" }"]
        facts: FreeTable = FreeTable::default(),
        /// Whether its items are records of enduring value, which are handed over to the archives.
        #[fr = "Si ses éléments sont des documents de valeur durable, qui sont transférés aux archives."]
        #[example = "true"]
        enduring: bool = false,
    }
}

choice! {
    /// What happens to what people change on a target by hand.
    #[fr = "Ce qu’il advient de ce que des personnes modifient à la main sur une cible."]
    pub enum HandEdits {
        /// The next plan puts back what was approved.
        #[fr = "Le plan suivant rétablit ce qui a été approuvé."]
        Overwrite = "overwrite",
        /// Fields that were changed there stay, until they change here as well.
        #[fr = "Les champs modifiés là-bas restent, jusqu’à ce qu’ils changent ici aussi."]
        Keep = "keep",
    }
}

options! {
    /// A place where releases become public. What all kinds share.
    #[fr = "Un endroit où les publications deviennent publiques. Ce que toutes les sortes partagent."]
    pub struct TargetCommon {
        /// The target's name, which sources refer to.
        #[fr = "Le nom de la cible, auquel les sources se réfèrent."]
        #[example = "\"registry\""]
        name: Slug,
        /// How many datasets are worked on at once. One dataset never has two writers.
        #[fr = "Combien de jeux de données sont traités à la fois. Un jeu de données n’a jamais deux rédacteurs."]
        #[example = "2"]
        #[range(1, 256)]
        concurrency: u32 = 2,
        /// When approved plans may be applied, as the seconds that a cron expression matches; empty means any time.
        #[fr = "Quand les plans approuvés peuvent être exécutés : les secondes qu’une expression cron désigne ; vide : en tout temps."]
        #[example = "\"* * 18-23 * * MON-FRI\""]
        window: OrOff<Cron> = OrOff(None),
        /// What happens to fields that people change on the target by hand. `rideau release verify` shows them.
        #[fr = "Ce qu’il advient des champs que des personnes modifient à la main sur la cible. `rideau release verify` les montre."]
        #[example = "\"keep\""]
        hand_edits: HandEdits = HandEdits::Overwrite,
    }
}

options! {
    /// Access restriction rules.
    #[fr = "Règles de restriction d’accès."]
    pub struct Rules {
        /// Files of rules; a `*` or `?` may stand in the file name. Each entry must match at least one file.
        #[fr = "Fichiers de règles ; un `*` ou un `?` peut figurer dans le nom du fichier. Chaque entrée doit désigner au moins un fichier."]
        #[example = "[\"rules/*.toml\"]"]
        files: Vec<PathBuf> = vec![PathBuf::from("rules/*.toml")],
        /// What the department's sensitivity labels mean: GUID to level. An unknown label goes to a person.
        #[fr = "Ce que signifient les étiquettes de confidentialité du ministère : GUID et niveau. Une étiquette inconnue va à une personne."]
        #[example = "{ \"3f2504e0-4f89-41d3-9a0c-0305e82c3301\" = \"protected_a\" }"]
        labels: Labels = Labels::default(),
        /// What is public although it looks personal.
        #[fr = "Ce qui est public bien que d’apparence personnelle."]
        #[example = "{ email_domains = [\"info.example.gc.ca\"] }"]
        public: PublicContacts,
    }
}

options! {
    /// Contacts that are public on purpose.
    #[fr = "Coordonnées publiques à dessein."]
    #[check = super::checks::email_domains]
    pub struct PublicContacts {
        /// E-mail domains whose addresses are public (generic mailboxes).
        #[fr = "Domaines de courriel dont les adresses sont publiques (boîtes génériques)."]
        #[example = "[\"info.example.gc.ca\"]"]
        email_domains: Vec<String> = Vec::new(),
    }
}

choice! {
    /// Who lets something go.
    #[fr = "Qui laisse partir quelque chose."]
    pub enum Gate {
        /// It goes when it is clean and complete: no finding above `allow`, a valid record, a known format.
        #[fr = "Cela part si tout est net et complet : aucun constat au-dessus de `allow`, fiche valide, format connu."]
        Automatic = "automatic",
        /// A person decides.
        #[fr = "Une personne décide."]
        Review = "review",
    }
}

choice! {
    /// What becomes of places that rules ask to be taken out of a copy (severability).
    #[fr = "Ce que deviennent les passages que des règles demandent de retirer d’une copie (prélèvement)."]
    pub enum Redacting {
        /// Nothing is taken out: the finding stands.
        #[fr = "Rien n’est retiré : le constat tient."]
        Off = "off",
        /// A copy is made without them; a person always decides about it.
        #[fr = "Une copie est faite sans eux; une personne en décide toujours."]
        Review = "review",
        /// A copy is made without them and goes like any other, once it was screened again and is clean.
        #[fr = "Une copie est faite sans eux et part comme toute autre, une fois vérifiée de nouveau et nette."]
        Automatic = "automatic",
    }
}

options! {
    /// What may go without a person.
    #[fr = "Ce qui peut partir sans une personne."]
    pub struct Policy {
        /// Releases of what is not public yet.
        #[fr = "Les publications de ce qui n’est pas encore public."]
        #[example = "\"review\""]
        new_releases: Gate = Gate::Review,
        /// Updates of what is public already.
        #[fr = "Les mises à jour de ce qui est déjà public."]
        #[example = "\"review\""]
        updates: Gate = Gate::Review,
        /// Taking back what is public.
        #[fr = "Le retrait de ce qui est public."]
        #[example = "\"review\""]
        withdrawals: Gate = Gate::Review,
        /// Handing over to the archives.
        #[fr = "La remise aux archives."]
        #[example = "\"review\""]
        transfers: Gate = Gate::Review,
        /// What becomes of places that rules ask to be taken out of a copy.
        #[fr = "Ce que deviennent les passages que des règles demandent de retirer d’une copie."]
        #[example = "\"review\""]
        redaction: Redacting = Redacting::Review,
        /// Whether two different persons must approve.
        #[fr = "Si deux personnes différentes doivent approuver."]
        #[example = "true"]
        two_persons: bool = false,
        /// Counts of people below this number are small; 0 turns the check off.
        #[fr = "Les nombres de personnes sous cette valeur sont petits ; 0 désactive la vérification."]
        #[example = "6"]
        #[range(0, 1000)]
        small_cells_below: u64 = 6,
        /// What random rounding is drawn from: a secret, the same for all tables and never changed.
        #[fr = "Ce dont l’arrondi aléatoire est tiré : un secret, le même pour tous les tableaux et jamais changé."]
        #[example = "{ file = \"secrets/rounding\" }"]
        disclosure_secret: Option<Secret>,
    }
}

choice! {
    /// What a table becomes.
    #[fr = "Ce que devient un tableau."]
    pub enum TableOutput {
        /// Comma-separated values.
        #[fr = "Valeurs séparées par des virgules."]
        Csv = "csv",
        /// Apache Parquet.
        #[fr = "Apache Parquet."]
        Parquet = "parquet",
        /// Frictionless Table Schema.
        #[fr = "Table Schema de Frictionless."]
        TableSchema = "table_schema",
    }
}

choice! {
    /// What a document becomes.
    #[fr = "Ce que devient un document."]
    pub enum DocumentOutput {
        /// Accessible HTML.
        #[fr = "HTML accessible."]
        Html = "html",
        /// Markdown.
        #[fr = "Markdown."]
        Markdown = "markdown",
        /// Tagged PDF: PDF/UA-1 and PDF/A-2a.
        #[fr = "PDF balisé : PDF/UA-1 et PDF/A-2a."]
        Pdf = "pdf",
        /// EPUB 3.
        #[fr = "EPUB 3."]
        Epub = "epub",
        /// OpenDocument text.
        #[fr = "Texte OpenDocument."]
        Odt = "odt",
        /// Plain text.
        #[fr = "Texte brut."]
        Text = "text",
    }
}

choice! {
    /// What happens in CSV to text that a spreadsheet would run as a formula.
    #[fr = "Ce qu’il advient en CSV d’un texte qu’un tableur exécuterait comme formule."]
    pub enum FormulaText {
        /// It stays as it is: the data are exact.
        #[fr = "Il reste tel quel : les données sont exactes."]
        Keep = "keep",
        /// An apostrophe is put in front.
        #[fr = "Une apostrophe est mise devant."]
        Quote = "quote",
    }
}

options! {
    /// Which renditions are made.
    #[fr = "Quelles versions ouvertes sont produites."]
    pub struct Convert {
        /// What tables become.
        #[fr = "Ce que deviennent les tableaux."]
        #[example = "[\"csv\", \"table_schema\"]"]
        tables: Vec<TableOutput> = TableOutput::ALL.to_vec(),
        /// What documents become.
        #[fr = "Ce que deviennent les documents."]
        #[example = "[\"html\"]"]
        documents: Vec<DocumentOutput> = vec![
            DocumentOutput::Html,
            DocumentOutput::Markdown,
            DocumentOutput::Pdf,
        ],
        /// What happens in CSV to text that a spreadsheet would run as a formula.
        #[fr = "Ce qu’il advient en CSV d’un texte qu’un tableur exécuterait comme formule."]
        #[example = "\"quote\""]
        formula_text: FormulaText = FormulaText::Keep,
    }
}

options! {
    /// Handing over to the archives.
    #[fr = "La remise aux archives."]
    pub struct Transfer {
        /// Where bags are put: a folder (a relative path starts from the folder of this file) or a store.
        #[fr = "Où sont déposés les sacs : un dossier (un chemin relatif part du dossier de ce fichier) ou un dépôt."]
        #[example = "\"/var/lib/rideau-transfer\""]
        folder: Place = Place::Folder(PathBuf::from("transfer")),
        /// The address of the BagIt profile that bags follow, written into each.
        #[fr = "L’adresse du profil BagIt que suivent les sacs, inscrite dans chacun."]
        #[example = "\"https://archives.example.gc.ca/bagit-profile.json\""]
        profile: Option<WebUrl>,
        /// Who hands over, written into `bag-info.txt`.
        #[fr = "Qui remet, inscrit dans `bag-info.txt`."]
        #[example = "{ contact_email = \"records@example.gc.ca\" }"]
        bag_info: BagInfo,
    }
}

options! {
    /// Lines of `bag-info.txt` (RFC 8493, section 2.2.2).
    #[fr = "Lignes de `bag-info.txt` (RFC 8493, section 2.2.2)."]
    pub struct BagInfo {
        /// `Source-Organization`. Without it, `department.name`.
        #[fr = "`Source-Organization`. Sans elle, `department.name`."]
        #[example = "\"Immigration, Refugees and Citizenship Canada\""]
        organization: Option<String>,
        /// `Organization-Address`.
        #[fr = "`Organization-Address`."]
        #[example = "\"365 Laurier Avenue West, Ottawa\""]
        address: Option<String>,
        /// `Contact-Name`.
        #[fr = "`Contact-Name`."]
        #[example = "\"Records office\""]
        contact_name: Option<String>,
        /// `Contact-Phone`.
        #[fr = "`Contact-Phone`."]
        #[example = "\"+1 613 555 0100\""]
        contact_phone: Option<String>,
        /// `Contact-Email`.
        #[fr = "`Contact-Email`."]
        #[example = "\"records@example.gc.ca\""]
        contact_email: Option<String>,
    }
}
