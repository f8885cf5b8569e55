#!/usr/bin/python3
"""Makes samples/drive and samples/EXPECTED.toml.

Needs Debian's libreoffice-calc, libreoffice-writer, libreoffice-draw and python3-uno; run it with
/usr/bin/python3. The three workbooks of the open data portal are never made: they are in the drive
as they were downloaded, and `--ircc FOLDER` copies them there from another place.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from office import *  # noqa: E402,F403

SAMPLES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DRIVE = os.path.join(SAMPLES, "drive")
OPEN = "Open data - Données ouvertes"
PAIR = OPEN + "/Settlement - Établissement"
REPORTS = "Reports - Rapports"
INCOMING = "Incoming - Courrier reçu"
BRIEFS = "Briefing notes - Notes d'information"
TABLES = "Working tables - Tableaux de travail"
OLD = "Old formats - Anciens formats"
STUCK = "Damaged and locked - Endommagés et verrouillés"
BOLD = {"CharWeight": 150.0}

EXPECTED = []


def place(path):
    full = os.path.join(DRIVE, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    return full


def expect(path, state, why_en, why_fr, **more):
    EXPECTED.append((path, state, why_en, why_fr, more))
    return place(path)


def text_file(path, text, encoding="utf-8"):
    with open(place(path), "w", encoding=encoding, newline="") as f:
        f.write(text)


# --- what is published --------------------------------------------------------------------------

def ircc(source):
    workbooks = (("EN_ODP-PR-Citz.xlsx", "one hidden row and one hidden column, both empty", ["last_modified_by"]),
                 ("EN_ODP-PR-ProvImmCat.xlsx", "one hidden row, empty", ["last_modified_by"]),
                 ("EN_ODP-TR_to_PR-IS_PT_immcat.xlsx", "nothing hidden", []))
    for name, hidden, properties in workbooks:
        target = expect(OPEN + "/" + name, "published",
                        "complete record; counts of 0 to 5 are already shown as --, the others are rounded to 5; " + hidden,
                        "fiche complète; les nombres de 0 à 5 sont déjà remplacés par --, les autres arrondis à 5",
                        record=OPEN + "/release.toml", renditions=["csv", "parquet"], suppressed="--",
                        properties=properties)
        if source:
            shutil.copyfile(os.path.join(source, name), target)
    text_file(OPEN + "/release.toml", '''# One table per release. `files` are names or patterns in this folder.
# Contains information licensed under the Open Government Licence – Canada.

[[release]]
files = ["EN_ODP-PR-Citz.xlsx", "EN_ODP-PR-ProvImmCat.xlsx"]
type = "dataset"
title.en = "Permanent Residents – Monthly IRCC Updates (sample)"
title.fr = "Résidents permanents – Mises à jour mensuelles d’IRCC (exemple)"
notes.en = "Admissions of permanent residents by country of citizenship, and by province or territory of intended destination and immigration category, by month, quarter and year since January 2015. Values between 0 and 5 are shown as “--”; all others are rounded to the closest multiple of 5, so that totals may differ from the sum of their parts."
notes.fr = "Admissions de résidents permanents selon le pays de citoyenneté, et selon la province ou le territoire de destination prévue et la catégorie d’immigration, par mois, trimestre et année depuis janvier 2015. Les valeurs de 0 à 5 sont remplacées par « -- »; les autres sont arrondies au multiple de 5 le plus près, de sorte que les totaux peuvent différer de la somme de leurs parties."
keywords.en = ["immigration", "permanent residents", "admissions", "citizenship"]
keywords.fr = ["immigration", "résidents permanents", "admissions", "citoyenneté"]
subject = ["persons", "society_and_culture"]
audience = ["general_public", "government", "scientists"]
frequency = "P1M"
date_published = "2026-01-15"
time_period_coverage_start = "2015-01-01"
time_period_coverage_end = "2025-07-31"
maintainer_email = "open.ouvert@example.org"
program_page_url.en = "https://www.canada.ca/en/immigration-refugees-citizenship.html"
program_page_url.fr = "https://www.canada.ca/fr/immigration-refugies-citoyennete.html"

[[release.resource]]
file = "EN_ODP-PR-Citz.xlsx"
name.en = "Admissions of permanent residents by country of citizenship, January 2015 – April 2023"
name.fr = "Admissions de résidents permanents selon le pays de citoyenneté, janvier 2015 – avril 2023 (en anglais)"
resource_type = "dataset"
language = ["en"]

[[release.resource]]
file = "EN_ODP-PR-ProvImmCat.xlsx"
name.en = "Admissions of permanent residents by province or territory and immigration category, January 2015 – July 2025"
name.fr = "Admissions de résidents permanents selon la province ou le territoire et la catégorie d’immigration, janvier 2015 – juillet 2025 (en anglais)"
resource_type = "dataset"
language = ["en"]

[[release]]
files = ["EN_ODP-TR_to_PR-IS_PT_immcat.xlsx"]
type = "dataset"
title.en = "Transition from Temporary to Permanent Resident Status – Monthly IRCC Updates (sample)"
title.fr = "Transition de résident temporaire à résident permanent – Mises à jour mensuelles d’IRCC (exemple)"
notes.en = "Admissions of permanent residents who had held a study permit, by province or territory of intended destination and immigration category, by month, quarter and year since January 2015. Values between 0 and 5 are shown as “--”; all others are rounded to the closest multiple of 5."
notes.fr = "Admissions de résidents permanents ayant déjà été titulaires d’un permis d’études, selon la province ou le territoire de destination prévue et la catégorie d’immigration, par mois, trimestre et année depuis janvier 2015. Les valeurs de 0 à 5 sont remplacées par « -- »; les autres sont arrondies au multiple de 5 le plus près."
keywords.en = ["immigration", "permanent residents", "study permits", "transition"]
keywords.fr = ["immigration", "résidents permanents", "permis d’études", "transition"]
subject = ["persons", "education_and_training"]
frequency = "P1M"
date_published = "2026-01-15"
time_period_coverage_start = "2015-01-01"
time_period_coverage_end = "2025-07-31"
maintainer_email = "open.ouvert@example.org"

[[release.resource]]
file = "EN_ODP-TR_to_PR-IS_PT_immcat.xlsx"
name.en = "Former study permit holders admitted as permanent residents, January 2015 – July 2025"
name.fr = "Anciens titulaires de permis d’études admis comme résidents permanents, janvier 2015 – juillet 2025 (en anglais)"
resource_type = "dataset"
language = ["en"]
''')


def pair(office):
    heads = {"en": ["Language training clients by region and year (sample figures)", "Region", "Total",
                    "Note: invented figures, rounded to the closest multiple of 5.", "Clients",
                    ["Atlantic", "Quebec", "Ontario", "Prairies", "British Columbia", "Territories"]],
             "fr": ["Clients en formation linguistique selon la région et l’année (données d’exemple)", "Région", "Total",
                    "Remarque : données inventées, arrondies au multiple de 5 le plus près.", "Clients",
                    ["Atlantique", "Québec", "Ontario", "Prairies", "Colombie-Britannique", "Territoires"]]}
    numbers = [[4120, 4385, 4610], [15230, 15945, 16400], [48215, 50120, 52305], [21340, 22010, 23455],
               [18905, 19230, 20115], [610, 645, 705]]
    for language, (title, region, total, remark, sheet, regions) in heads.items():
        d = office.new("scalc")
        s, = sheets(d, sheet)
        fill(s, [[title], [], [region, "2023", "2024", "2025"]]
             + [[r] + n for r, n in zip(regions, numbers)]
             + [[total] + [sum(c) for c in zip(*numbers)], [], [remark]])
        merge(s, "A1:D1")
        bold(s, "A1:D1", "A3:D3", "A10:D10")
        number_format(d, s, "B4:D10", "#,##0")
        s.Columns.getByIndex(0).Width = 6000
        describe(d, title=title, author="Statistics Unit Sample")
        save(d, expect(PAIR + "/language-training_%s.xlsx" % language, "published",
                       "bilingual pair with one record; all counts are large and rounded to 5",
                       "paire bilingue avec une seule fiche; tous les nombres sont grands et arrondis à 5",
                       record=PAIR + "/release.toml", renditions=["csv", "parquet"], language=language), XLSX)
    text_file(PAIR + "/release.toml", '''# One record for both language versions.

[[release]]
files = ["language-training_en.xlsx", "language-training_fr.xlsx"]
type = "dataset"
title.en = "Language training clients by region (sample)"
title.fr = "Clients en formation linguistique selon la région (exemple)"
notes.en = "Number of clients of language training by region, 2023 to 2025. The figures are invented."
notes.fr = "Nombre de clients en formation linguistique selon la région, de 2023 à 2025. Les données sont inventées."
keywords.en = ["settlement services", "language training"]
keywords.fr = ["services d’établissement", "formation linguistique"]
subject = ["education_and_training", "language_and_linguistics"]
frequency = "P1Y"
date_published = "2026-01-15"
time_period_coverage_start = "2023-01-01"
time_period_coverage_end = "2025-12-31"

[[release.resource]]
file = "language-training_en.xlsx"
name.en = "Language training clients, 2023 to 2025 (English)"
name.fr = "Clients en formation linguistique, 2023 à 2025 (anglais)"
resource_type = "dataset"
language = ["en"]

[[release.resource]]
file = "language-training_fr.xlsx"
name.en = "Language training clients, 2023 to 2025 (French)"
name.fr = "Clients en formation linguistique, 2023 à 2025 (français)"
resource_type = "dataset"
language = ["fr"]
''')


def report(office):
    t = Text(office)
    describe(t.doc, title="Service standards, 2024–2025 / Normes de service, 2024-2025", author="Service Unit Sample")
    t.page(footer="Service standards – Normes de service")
    t.title("Service standards, 2024–2025")
    t.heading(1, "What this report covers")
    t.paragraph("This short report shows how often the department met its ", ("service standards", BOLD),
                " in the fiscal year 2024–2025. The figures are invented.")
    t.footnote("A service standard is the time within which most applications are processed in normal circumstances.")
    t.heading(2, "Main results")
    t.list(["Three of four standards were met.", "The longest wait was for work permit extensions:",
            (1, "demand rose by 15 per cent;"), (1, "new staff finished training in autumn."), "Online applications are the norm."])
    t.paragraph("Table 1. Applications processed within the standard")
    table = t.table([["Line of business", "Standard", "Target", "Result"], ["Study permits", "60 days", "80%", "85%"],
                     ["Work permit extensions", "120 days", "80%", "72%"], ["Visitor visas", "14 days", "80%", "81%"],
                     ["Citizenship grants", "12 months", "80%", "83%"]], name="Results")
    assert table.Rows.Count == 5
    t.heading(2, "How to read the table")
    t.list(["Find the line of business.", "Compare the result with the target.", "Read the note where the target was missed."], "number")
    t.paragraph("More about service standards is on ", ("Canada.ca", {"HyperLinkURL":
                "https://www.canada.ca/en/immigration-refugees-citizenship.html"}), ".")
    t.heading(1, "Résumé en français", language="fr-CA")
    t.paragraph("Ce court rapport montre à quelle fréquence le ministère a respecté ses ", ("normes de service", BOLD),
                " pendant l’exercice 2024-2025. Les données sont inventées.", language="fr-CA")
    t.paragraph("Trois normes sur quatre ont été respectées. Pour en savoir plus\u00a0: ", ("Canada.ca", {"HyperLinkURL":
                "https://www.canada.ca/fr/immigration-refugies-citoyennete.html"}), ".", language="fr-CA")
    t.save(expect(REPORTS + "/Service standards 2024-2025 - Normes de service.docx", "published",
                  "nothing sensitive, complete record", "rien de sensible, fiche complète",
                  record=REPORTS + "/release.toml", renditions=["html", "markdown"]))

    # words that look like markings and are none
    t = Text(office)
    describe(t.doc, title="Guide to refugee categories", author="Policy Unit Sample")
    t.title("Guide to refugee categories")
    t.heading(1, "Protected persons")
    t.paragraph("A protected person is someone whom Canada has found to need protection under the Immigration and Refugee "
                "Protection Act. In French, the term is ", ("personne protégée", {"CharLocale": locale("fr-CA")}), ".")
    t.paragraph("The Secretary of the Board and the Secretariat keep the list of hearing rooms. Between 2023 and 2025, "
                "250 000 files were digitized under file plan 2025-123-456.")
    t.heading(1, "Personnes protégées", language="fr-CA")
    t.paragraph("Une personne protégée est une personne à qui le Canada reconnaît le besoin de protection. "
                "Le Secrétariat tient la liste des salles d’audience.", language="fr-CA")
    t.save(expect(REPORTS + "/Guide to refugee categories - Guide des catégories.docx", "published",
                  "“protected person” is an immigration class, “Secretary” an office: no marking here; complete record",
                  "« personne protégée » est une catégorie d’immigration : aucune cote ici; fiche complète",
                  record=REPORTS + "/release.toml", renditions=["html", "markdown"], markings=[]))

    t = Text(office)
    describe(t.doc, title="Client survey 2025", author="Service Unit Sample")
    t.title("Client survey 2025")
    t.paragraph("Nine out of ten clients found the online form clear. The figures are invented.")
    t.heading(1, "Sondage auprès des clients", language="fr-CA")
    t.paragraph("Neuf clients sur dix ont trouvé le formulaire en ligne clair.", language="fr-CA")
    t.save(expect(REPORTS + "/Client survey 2025 - Sondage.docx", "review",
                  "nothing sensitive, but there is no record: the steward completes it",
                  "rien de sensible, mais aucune fiche : le gestionnaire des données la remplit", reason="record_incomplete"))

    text_file(REPORTS + "/release.toml", '''# Records of this folder. The survey has none on purpose: it waits for its steward.

[[release]]
files = ["Service standards 2024-2025 - Normes de service.docx"]
type = "info"
title.en = "Service standards, 2024–2025 (sample)"
title.fr = "Normes de service, 2024-2025 (exemple)"
notes.en = "How often the department met its service standards in 2024–2025, by line of business. The figures are invented."
notes.fr = "Respect des normes de service du ministère en 2024-2025, par secteur d’activité. Les données sont inventées."
keywords.en = ["service standards", "processing times"]
keywords.fr = ["normes de service", "délais de traitement"]
subject = ["government_and_politics"]
audience = ["general_public", "immigrants"]
frequency = "P1Y"
date_published = "2026-01-15"
maintainer_email = "open.ouvert@example.org"

[[release.resource]]
file = "Service standards 2024-2025 - Normes de service.docx"
name.en = "Service standards, 2024–2025"
name.fr = "Normes de service, 2024-2025"
resource_type = "report"
language = ["en", "fr"]

[[release]]
files = ["Guide to refugee categories*.docx"]
type = "info"
title.en = "Guide to refugee categories (sample)"
title.fr = "Guide des catégories de réfugiés (exemple)"
notes.en = "What the categories of refugees and protected persons mean."
notes.fr = "Ce que signifient les catégories de réfugiés et de personnes protégées."
keywords.en = ["refugees", "protected persons"]
keywords.fr = ["réfugiés", "personnes protégées"]
subject = ["persons", "law"]
audience = ["general_public"]
frequency = "as_needed"
date_published = "2026-01-15"

[[release.resource]]
file = "Guide to refugee categories*.docx"
name.en = "Guide to refugee categories"
name.fr = "Guide des catégories de réfugiés"
resource_type = "guide"
language = ["en", "fr"]
''')


# --- what waits or is refused -------------------------------------------------------------------

def personal(office):
    t = Text(office)
    describe(t.doc, title="Letter from a client", author="Mail Room Sample")
    t.paragraph("Jane Sample")
    t.paragraph("123 Example Street, Ottawa ON  K1A 0A1")
    t.paragraph("Subject: my application")
    t.paragraph("To whom it may concern,")
    t.paragraph("My social insurance number (SIN) is 046 454 286 and I was born on 2 March 1985. You can reach me at "
                "jane.sample@example.com or at my home phone, 613-555-0123. My client ID (UCI) is 11-2345-6789.")
    t.paragraph("Yours truly, Jane Sample")
    t.save(expect(INCOMING + "/Letter from a client.docx", "review",
                  "personal information of a (made up) person; no record",
                  "renseignements personnels d’une personne (inventée); aucune fiche",
                  identifiers=["sin", "email", "phone", "uci", "birth_date", "postal_code"],
                  planted=["046 454 286", "jane.sample@example.com", "613-555-0123", "11-2345-6789"]))
    t = Text(office, "fr-CA")
    describe(t.doc, title="Lettre d’un client", author="Courrier Exemple")
    t.paragraph("Jean Exemple")
    t.paragraph("Objet : ma demande")
    t.paragraph("Mon numéro d’assurance sociale (NAS) est le 046-454-286. Mon courriel est jean.exemple@example.org et mon "
                "téléphone à la maison, le 819\u00a0555-0199.")
    t.save(expect(INCOMING + "/Lettre d'un client.docx", "review",
                  "the same in French", "la même chose en français",
                  identifiers=["sin", "email", "phone"],
                  planted=["046-454-286", "jean.exemple@example.org", "819\u00a0555-0199"]))
    d = office.new("scalc")
    s, = sheets(d, "Clients")
    fill(s, [["Client", "NAS / SIN", "Courriel / E-mail", "Decision"],
             ["Client Sample One", "046 454 286", "one@example.com", "approved"],
             ["Client Sample Two", "042 001 313", "two@example.com", "refused"],
             ["Client Sample Three", "031 507 726", "three@example.com", "approved"]])
    bold(s, "A1:D1")
    describe(d, title="Client list", author="Mail Room Sample")
    save(d, expect(INCOMING + "/Client list.xlsx", "review", "a column of social insurance numbers and one of addresses",
                   "une colonne de numéros d’assurance sociale et une d’adresses", identifiers=["sin", "email"],
                   planted=["046 454 286", "042 001 313", "031 507 726", "one@example.com"]), XLSX)
    t = Text(office)
    t.title("Request for a copy of a record")
    t.page(header="PROTECTED B (when completed) / PROTÉGÉ B (une fois rempli)")
    t.paragraph("Name / Nom : ____________________")
    t.paragraph("Date : ____________________")
    t.save(expect(INCOMING + "/Blank form - Formulaire vierge.docx", "review",
                  "the marking applies to the filled form only; the form is blank, but a person looks; no record",
                  "la cote ne vaut que pour le formulaire rempli; une personne vérifie; aucune fiche",
                  markings=["protected_b:when_completed"]))


def markings(office):
    t = Text(office)
    describe(t.doc, title="Regional capacity", author="Briefing Unit Sample")
    t.page(header="PROTECTED B", first_header="PROTECTED B")
    t.title("Regional capacity")
    t.heading(1, "Issue")
    t.paragraph("Offices in two regions have less space than they need. This note is a sample.")
    t.save(expect(BRIEFS + "/Regional capacity.docx", "review", "PROTECTED B in the header of every page, the first included",
                  "PROTECTED B dans l’en-tête de chaque page, la première comprise", markings=["protected_b"]))
    t = Text(office, "fr-CA")
    describe(t.doc, title="Capacité régionale", author="Unité des notes Exemple")
    t.page(header="PROTÉGÉ B", footer="Protégé B / Protected B")
    t.title("Capacité régionale")
    t.paragraph("Les bureaux de deux régions manquent d’espace. Cette note est un exemple.")
    t.save(expect(BRIEFS + "/Capacité régionale.docx", "review", "PROTÉGÉ B in header and footer",
                  "PROTÉGÉ B dans l’en-tête et le pied de page", markings=["protected_b"]))
    t = Text(office)
    describe(t.doc, title="Consultation with partners", author="Briefing Unit Sample")
    t.paragraph("SECRET")
    t.title("Consultation with partners")
    t.paragraph("Canadian Eyes Only / Réservé aux Canadiens")
    t.paragraph("This is a sample; it says nothing.")
    t.save(expect(BRIEFS + "/Consultation with partners.docx", "blocked", "SECRET at the top of the first page, with a caveat",
                  "SECRET en haut de la première page, avec une réserve", markings=["secret"], caveats=["canadian_eyes_only"]))
    t = Text(office)
    describe(t.doc, title="Data sharing plan", author="Briefing Unit Sample", custom={"Branch": "Sample"})
    t.title("Data sharing plan")
    t.paragraph("The text carries no marking; the file carries a sensitivity label.")
    path = expect(BRIEFS + "/Data sharing plan.docx", "review",
                  "sensitivity label that means Protected A in the file's properties, no marking in the text",
                  "étiquette de sensibilité Protégé A dans les propriétés du fichier, aucune cote dans le texte",
                  markings=["protected_a"], label="6e6f7465-0000-4000-8000-00000000000a")
    t.save(path)
    guid, site = "6e6f7465-0000-4000-8000-00000000000a", "6e6f7465-0000-4000-8000-0000000000ff"
    values = [("Enabled", "true"), ("SetDate", "2026-01-15T09:00:00Z"), ("Method", "Privileged"), ("Name", "LBL-PA"),
              ("SiteId", site), ("ActionId", "6e6f7465-0000-4000-8000-0000000000ee"), ("ContentBits", "0")]
    labels = "".join('<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="%d" name="MSIP_Label_%s_%s">'
                     '<vt:lpwstr>%s</vt:lpwstr></property>' % (i, guid, k, v) for i, (k, v) in enumerate(values, 3))
    edit_package(path, {"docProps/custom.xml": replace("</Properties>", labels + "</Properties>")})
    rows = [["Office", "2024", "2025"], ["North office", 1250, 1300], ["South office", 2100, 2255], ["Total", 3350, 3555]]
    d = office.new("scalc")
    s, = sheets(d, "Caseload")
    fill(s, [["Caseload by office (sample)", None, "PROTECTED A"]] + rows)
    describe(d, title="Caseload by office", author="Briefing Unit Sample")
    save(d, expect(BRIEFS + "/Caseload by office.xlsx", "review", "PROTECTED A in a cell of the sheet",
                   "PROTECTED A dans une cellule de la feuille", markings=["protected_a"]), XLSX)
    d = office.new("scalc")
    s, = sheets(d, "Charge de travail")
    fill(s, [["Charge de travail selon le bureau (exemple)"], ["Bureau", "2024", "2025"], ["Bureau nord", 1250, 1300],
             ["Bureau sud", 2100, 2255], ["Total", 3350, 3555]])
    page_header(d, s, header="PROTÉGÉ B", footer="PROTÉGÉ B")
    describe(d, title="Charge de travail", author="Unité des notes Exemple")
    save(d, expect(BRIEFS + "/Charge de travail.xlsx", "review", "PROTÉGÉ B in the page header and footer only",
                   "PROTÉGÉ B seulement dans l’en-tête et le pied de page d’impression", markings=["protected_b"]), XLSX)


def hiding(office):
    d = office.new("scalc")
    s, h = sheets(d, "Intake", "Do not send")
    fill(s, [["Regional intake (sample)"], ["Region", "Analyst's remark", "2024", "2025"],
             ["Atlantic", "late report", 5210, 5480], ["Quebec", "recount asked", 18400, 19125],
             ["Ontario", "HIDDEN-COLUMN-WORD", 40310, 42000], ["West", "fine", 31250, 33505]])
    bold(s, "A1:D2")
    fill(h, [["HIDDEN-SHEET-WORD"], ["Staff member Sample did not send the June figures."]])
    s.Columns.getByIndex(1).IsVisible = False
    h.IsVisible = False
    note(s, "C4", "COMMENT-WORD: Manager Sample wants this number explained first")
    describe(d, title="Regional intake", author="Statistics Unit Sample")
    save(d, expect(TABLES + "/Regional intake.xlsx", "published_after_treatment",
                   "a hidden sheet, a hidden column and a comment: the treated copy has none of them; complete record",
                   "une feuille cachée, une colonne cachée et un commentaire : la copie traitée n’en a plus; fiche complète",
                   hidden=["sheet", "columns", "comments"], record=TABLES + "/release.toml", renditions=["csv", "parquet"],
                   must_not_be_published=["HIDDEN-SHEET-WORD", "HIDDEN-COLUMN-WORD", "COMMENT-WORD"]), XLSX)

    t = Text(office)
    describe(t.doc, title="Draft policy note", author="Policy Unit Sample")
    t.title("Draft policy note")
    t.paragraph("The pilot goes on for one year. The DELETED-WORD option was dropped.")
    t.paragraph("Partners were told.").comment("COMMENT-WORD: were they?", "Reviewer Sample")
    t.paragraph("Next steps follow.")
    t.doc.RecordChanges = True
    find = t.doc.createSearchDescriptor()
    find.SearchString = " The DELETED-WORD option was dropped."
    t.doc.findFirst(find).String = ""
    t.cursor.gotoEnd(False)
    t.text.insertString(t.cursor, " INSERTED-WORD: a report in spring.", False)
    t.doc.RecordChanges = False
    t.save(expect(TABLES + "/Draft policy note.docx", "review",
                  "tracked insertion and deletion, and a comment: the text is not final; no record",
                  "insertion et suppression suivies, et un commentaire : le texte n’est pas final; aucune fiche",
                  hidden=["tracked_changes", "comments"], must_not_be_published=["DELETED-WORD", "COMMENT-WORD"]))

    d = office.new("scalc")
    s, = sheets(d, "Small counts")
    rows = [["Refusals by country and reason (sample)"], ["Country", "Reason A", "Reason B", "Reason C", "Total"],
            ["Atlantis", 120, 3, 45, 168], ["Brobdingnag", 1, 60, 2, 63], ["Erewhon", 75, 4, 30, 109],
            ["Laputa", 15, 25, 1, 41], ["Total", 211, 92, 78, 381]]
    fill(s, rows)
    bold(s, "A1:E2", "A7:E7")
    describe(d, title="Refusals by country and reason", author="Statistics Unit Sample")
    save(d, expect(TABLES + "/Refusals by country.xlsx", "review",
                   "five cells count 1 to 4 people, in a table with totals; complete record",
                   "cinq cellules comptent de 1 à 4 personnes, dans un tableau avec totaux; fiche complète",
                   small_cells=["C3", "B4", "D4", "C5", "D6"], record=TABLES + "/release.toml"), XLSX)
    text_file(TABLES + "/release.toml", '''[[release]]
files = ["Regional intake.xlsx"]
type = "dataset"
title.en = "Regional intake (sample)"
title.fr = "Demandes reçues selon la région (exemple)"
notes.en = "Applications received by region, 2024 and 2025. The figures are invented."
notes.fr = "Demandes reçues selon la région, 2024 et 2025. Les données sont inventées."
keywords.en = ["applications", "regions"]
keywords.fr = ["demandes", "régions"]
subject = ["government_and_politics"]
frequency = "P1Y"
date_published = "2026-01-15"

[[release.resource]]
file = "Regional intake.xlsx"
name.en = "Applications received by region"
name.fr = "Demandes reçues selon la région"
resource_type = "dataset"
language = ["en"]

[[release]]
files = ["Refusals by country.xlsx"]
type = "dataset"
title.en = "Refusals by country and reason (sample)"
title.fr = "Refus selon le pays et le motif (exemple)"
notes.en = "Refused applications by country and reason. Countries and figures are invented."
notes.fr = "Demandes refusées selon le pays et le motif. Les pays et les données sont inventés."
keywords.en = ["refusals"]
keywords.fr = ["refus"]
subject = ["persons"]
frequency = "not_planned"
date_published = "2026-01-15"

[[release.resource]]
file = "Refusals by country.xlsx"
name.en = "Refusals by country and reason"
name.fr = "Refus selon le pays et le motif"
resource_type = "dataset"
language = ["en"]
''')


def formats(office):
    rows = [["Year", "Applications", "Decisions", "Share online"], ["2023", 12500, 11950, 0.75],
            ["2024", 13105, 12870, 0.82], ["2025", 14220, 14005, 0.91]]
    for name, kind, note_en in (("Applications 2023-2025.xls", XLS, "Excel 97"), ("Applications 2023-2025.ods", ODS, "OpenDocument"),
                                ("Applications 2023-2025.xlsm", XLSM, "Excel with room for macros, none inside")):
        d = office.new("scalc")
        s, = sheets(d, "Applications")
        fill(s, rows)
        bold(s, "A1:D1")
        number_format(d, s, "B2:C4", "#,##0")
        number_format(d, s, "D2:D4", "0%")
        describe(d, title="Applications 2023-2025", author="Statistics Unit Sample")
        save(d, expect(OLD + "/" + name, "review", "%s; converted to open formats, no record" % note_en,
                       "converti en formats ouverts, aucune fiche", reason="record_incomplete", renditions=["csv", "parquet"]), kind)
    path = expect(OLD + "/permis-de-travail.csv", "published",
                  "Windows-1252, semicolons, decimal commas; becomes UTF-8; complete record",
                  "Windows-1252, points-virgules, virgules décimales; devient de l’UTF-8; fiche complète",
                  record=OLD + "/release.toml", renditions=["csv", "parquet"], encoding="windows-1252", delimiter=";")
    with open(path, "wb") as f:
        f.write("Région;Année;Permis délivrés;Délai moyen (jours);Part en ligne\r\n"
                "Québec;2024;12 450;34,5;82,5 %\r\nQuébec;2025;13 205;31,0;90,1 %\r\n"
                "Île-du-Prince-Édouard;2024;1 150;28,5;79,0 %\r\nÎle-du-Prince-Édouard;2025;1 240;27,0;88,5 %\r\n"
                "\"Terre-Neuve-et-Labrador; total\";2025;1 995;29,5;85,0 %\r\n".replace(" %", "\u00a0%")
                .replace("12 450", "12\u00a0450").replace("13 205", "13\u00a0205").replace("1 150", "1\u00a0150")
                .replace("1 240", "1\u00a0240").replace("1 995", "1\u00a0995").encode("cp1252"))
    text_file(OLD + "/release.toml", '''[[release]]
files = ["permis-de-travail.csv"]
type = "dataset"
title.en = "Work permits issued by region (sample)"
title.fr = "Permis de travail délivrés selon la région (exemple)"
notes.en = "Work permits issued and average processing time by region, 2024 and 2025. The figures are invented."
notes.fr = "Permis de travail délivrés et délai moyen de traitement selon la région, 2024 et 2025. Les données sont inventées."
keywords.en = ["work permits"]
keywords.fr = ["permis de travail"]
subject = ["labour"]
frequency = "P1Y"
date_published = "2026-01-15"

[[release.resource]]
file = "permis-de-travail.csv"
name.en = "Work permits issued by region (French)"
name.fr = "Permis de travail délivrés selon la région"
resource_type = "dataset"
language = ["fr"]
''')


def stuck(office):
    def small(path, kind, password=None):
        d = office.new("scalc")
        s, = sheets(d, "Budget")
        fill(s, [["Item", "Amount"], ["Rent", 125000], ["Travel", 43500]])
        describe(d, title="Budget", author="Finance Unit Sample")
        save(d, path, kind, password=password)

    def letter(path, password=None):
        t = Text(office)
        describe(t.doc, title="Minutes", author="Secretariat Sample")
        t.title("Minutes of the meeting")
        t.paragraph("The committee met and agreed on the plan. This is a sample.")
        t.save(path, password=password)

    path = expect(STUCK + "/Broken download.xlsx", "unreadable", "the file ends in the middle", "le fichier s’arrête au milieu", code="corrupt")
    small(path, XLSX)
    with open(path, "rb") as f:
        whole = f.read()
    with open(path, "wb") as f:
        f.write(whole[:len(whole) * 3 // 5])
    small(expect(STUCK + "/Budget with password.xlsx", "unreadable", "encrypted; the password is “sample”",
                 "chiffré; le mot de passe est « sample »", code="encrypted", password="sample"), XLSX, "sample")
    letter(expect(STUCK + "/Minutes with password.docx", "unreadable", "encrypted; the password is “sample”",
                  "chiffré; le mot de passe est « sample »", code="encrypted", password="sample"), "sample")
    letter(expect(STUCK + "/Minutes.doc", "review", "a .docx by its bytes, whatever its name says; converted, no record",
                  "un .docx par son contenu, malgré son nom; converti, aucune fiche", reason="record_incomplete", format="docx",
                  renditions=["html", "markdown"]) + "x")
    os.replace(place(STUCK + "/Minutes.docx"), place(STUCK + "/Minutes.doc"))
    small(expect(STUCK + "/Budget.xls", "review", "an .xlsx by its bytes, whatever its name says; converted, no record",
                 "un .xlsx par son contenu, malgré son nom; converti, aucune fiche", reason="record_incomplete", format="xlsx",
                 renditions=["csv", "parquet"]), XLSX)
    with open(expect(STUCK + "/Empty.docx", "unreadable", "no byte at all", "aucun octet", code="corrupt"), "wb"):
        pass
    d = office.new("sdraw")
    page = d.DrawPages.getByIndex(0)
    for i, words in enumerate(("Counter", "Waiting room")):
        shape = d.createInstance("com.sun.star.drawing.RectangleShape")
        where, size = uno.createUnoStruct("com.sun.star.awt.Point"), uno.createUnoStruct("com.sun.star.awt.Size")
        where.X, where.Y, size.Width, size.Height = 2000, 2000 + i * 5000, 8000, 4000
        shape.setPosition(where)
        shape.setSize(size)
        page.add(shape)
        shape.String = words
    save(d, expect(STUCK + "/Floor plan.odg", "unreadable", "a drawing: no converter for it", "un dessin : aucun convertisseur", code="unsupported"), ODG)
    with zipfile.ZipFile(expect(STUCK + "/Scans.zip", "unreadable", "an archive of files: no converter for it",
                                "une archive de fichiers : aucun convertisseur", code="unsupported"), "w") as z:
        write(z, "scan-1.txt", b"A sample inside an archive.\n", zipfile.ZIP_DEFLATED)
        write(z, "scan-2.png", png(), zipfile.ZIP_STORED)


def ignored():
    def put_bytes(path, data, en, fr):
        with open(expect(path, "ignored", en, fr), "wb") as f:
            f.write(data)

    name = "Sample User"
    owner = bytes([len(name)]) + name.encode("ascii").ljust(54, b" ") + bytes([len(name), 0]) + name.encode("utf-16-le")
    put_bytes(REPORTS + "/~$lock.docx", owner.ljust(162, b" "), "the owner file of an open document",
              "le fichier de propriétaire d’un document ouvert")
    put_bytes(OPEN + "/Thumbs.db", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "the system's picture cache (only its first bytes)",
              "la mémoire d’images du système (ses premiers octets seulement)")
    put_bytes("desktop.ini", b"[.ShellClassInfo]\r\nLocalizedResourceName=Sample drive\r\n", "the system's view of the folder",
              "l’affichage du dossier par le système")
    put_bytes(".rideau-source", b"7f1c2b9e-5a40-4d0e-9c1f-2a6d3b8e4f10\n", "the marker that tells this source from an empty mount",
              "la marque qui distingue cette source d’un montage vide")
    for folder in (OPEN, PAIR, REPORTS, TABLES, OLD):
        EXPECTED.append((folder + "/release.toml", "record", "a record, not an item to publish", "une fiche, non un document à publier", {}))


# --- the list of what must come out -------------------------------------------------------------

HEAD = '''# What must become of each file of samples/drive. Written by samples/make/make.py.
#
# state:
#   published                  goes to the portal without a person, where the policy allows it
#   published_after_treatment  the same, from a copy whose hidden content was removed
#   review                     waits for a person
#   blocked                    a rule forbids it: marked above Protected B
#   unreadable                 could not be checked, goes to a person; `code` says why
#   ignored                    is no item at all
#   record                     is read as the record of the files it names
'''


def quoted(value):
    if isinstance(value, list):
        return "[" + ", ".join(quoted(v) for v in value) + "]"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write_expected():
    with open(os.path.join(SAMPLES, "EXPECTED.toml"), "w", encoding="utf-8") as f:
        f.write(HEAD)
        for path, state, en, fr, more in sorted(EXPECTED):
            f.write("\n[[file]]\npath = %s\nstate = %s\nwhy.en = %s\nwhy.fr = %s\n" % tuple(map(quoted, (path, state, en, fr))))
            for key, value in more.items():
                f.write("%s = %s\n" % (key, quoted(value)))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--ircc", help="folder with the three workbooks of the open data portal")
    ircc(arguments.parse_args().ircc)
    with Office() as office:
        for make in (pair, report, personal, markings, hiding, formats, stuck):
            make(office)
            print("made", make.__name__, flush=True)
    ignored()
    write_expected()


if __name__ == "__main__":
    main()
