//! French, written for French readers: no-break spaces before high punctuation, decimal comma.

use report::package::Problem;
use scan::analysis::{ErrorCode, FaceRegion, Reason, Strength, VerdictCode};
use scan::base::{Score, Stage, WarningCode};

use super::{Counts, Said, Support, Tally, Unusual, Words, enumerate, sentence, weighed};

pub(super) struct French;

fn strength(strength: Strength) -> &'static str {
    match strength {
        Strength::Limited => "limité",
        Strength::Moderate => "modéré",
        Strength::ModeratelyStrong => "modérément fort",
    }
}

fn comma(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}").replace('.', ",")
}

impl Words for French {
    fn verdict(&self, code: VerdictCode) -> &'static str {
        match code {
            VerdictCode::NotExamined => "Non examiné",
            VerdictCode::NoIndication => "Aucun indice relevé par les méthodes appliquées",
            VerdictCode::Inconclusive => "Non concluant",
            VerdictCode::Suspected => "Soupçon de manipulation",
        }
    }

    fn reason(&self, reason: Reason) -> &'static str {
        match reason {
            Reason::NoFace => "aucun visage n’a été trouvé",
            Reason::TooFewUsableFaces => "trop peu d’images exploitables du visage",
            Reason::TooSmall => "le visage est trop petit",
            Reason::Blurred => "le visage est flou ou brouillé par le mouvement",
            Reason::OverCompressed => "la compression a effacé les détails",
            Reason::TurnedAway => "le visage est trop tourné",
            Reason::CutOff => "le visage est coupé par le bord de l’image",
            Reason::UncertainFace => "il n’est pas certain qu’il s’agisse d’un visage",
            Reason::BetweenThresholds => "le score se situe entre les deux seuils",
            Reason::ModelsDisagree => "les méthodes se contredisent",
            Reason::OnlyBriefly => "seul un court passage ressort",
            Reason::NotValidatedForThis => "les méthodes n’ont pas été validées sur ce type de fichier",
            Reason::ValidationTooSmall => "la validation est trop restreinte pour étayer une conclusion",
            Reason::DamagedFile => "le fichier est endommagé et n’a pu être examiné qu’en partie",
            Reason::DecodeFailed => "le fichier n’a pas pu être décodé",
            Reason::NoDetector => "aucune méthode de détection n’a été appliquée",
            Reason::NotStable => "le résultat a changé quand les images ont été recompressées ou réduites",
        }
    }

    fn error(&self, code: ErrorCode) -> &'static str {
        match code {
            ErrorCode::NotFound => "introuvable",
            ErrorCode::NotReadable => "lecture impossible",
            ErrorCode::Unsupported => "ni une image ni une vidéo lisible",
            ErrorCode::Empty => "le fichier est vide",
            ErrorCode::TooLarge => "dépasse les limites fixées",
            ErrorCode::DecodeFailed => "décodage impossible",
            ErrorCode::NoVideoStream => "ne contient pas d’image",
            ErrorCode::Setup => "un élément nécessaire au programme manque ou est défectueux",
            ErrorCode::Cancelled => "interrompu",
            ErrorCode::Internal => "défaut du programme",
        }
    }

    fn skipped_more(&self, count: usize) -> String {
        format!("laissés de côté : {count} autres, ni images ni vidéos, ou cachés")
    }

    fn warning(&self, code: WarningCode) -> &'static str {
        match code {
            WarningCode::Damaged => "le fichier est endommagé",
            WarningCode::AnimationFirstFrame => "seule la première image de l’animation a été examinée",
            WarningCode::DeviceFallback => "calcul",
            WarningCode::FacesDropped => "trop de visages, les plus grands ont été gardés",
            WarningCode::Skipped => "laissé de côté",
            WarningCode::ChangedWhileReading => "le fichier a changé pendant la lecture",
            WarningCode::ModelExpired => "un modèle a dépassé sa date de validité",
            WarningCode::ControlsFailed => {
                "un appareil a mal évalué des échantillons connus, le processeur est utilisé"
            }
            WarningCode::DecoderMessage => "message du décodeur",
            _ => "remarque",
        }
    }

    fn stage(&self, stage: Stage) -> &'static str {
        match stage {
            Stage::Listing => "recherche des fichiers",
            Stage::Hashing => "lecture",
            Stage::Probing => "ouverture",
            Stage::Analysing => "examen",
            Stage::Aggregating => "synthèse",
            Stage::Writing => "écriture",
        }
    }

    fn people(&self, numbers: &[usize]) -> String {
        let noun = if numbers.len() == 1 { "personne" } else { "personnes" };
        format!("{noun} {}", enumerate(&numbers.iter().map(usize::to_string).collect::<Vec<_>>(), "et"))
    }

    fn about(&self, headline: &str, people: &str) -> String {
        format!("{headline}\u{a0}: {people}")
    }

    fn support(&self, s: Support<'_>) -> String {
        let images = if s.usable <= 1 {
            format!("{} image exploitable", s.usable)
        } else {
            format!("{} images exploitables", s.usable)
        };
        let place = s.range.map_or(images.clone(), |(from, to)| format!("de {from} à {to}, {images}"));
        format!(
            "Pour la personne {} ({place}), les observations apportent un soutien {} à l’hypothèse d’un visage altéré \
             ou généré plutôt qu’à l’hypothèse contraire.",
            s.person,
            strength(s.strength)
        )
    }

    fn false_alarms(&self, c: Counts<'_>) -> String {
        let alarms =
            if c.hits <= 1 { format!("{} fausse alerte", c.hits) } else { format!("{} fausses alertes", c.hits) };
        format!("Lors de sa validation, la méthode {} a produit {alarms} sur {} échantillons réels.", c.model, c.of)
    }

    fn nothing_found(&self, counts: &[Counts<'_>]) -> String {
        let none = "Aucun indice des manipulations couvertes n’a été relevé.";
        let end = "ne rien trouver ne montre pas que rien n’a été fait.";
        if counts.is_empty() {
            return format!("{none} {}", sentence(end));
        }
        let each: Vec<_> = counts.iter().map(|c| format!("{} en a repéré {} sur {}", c.model, c.hits, c.of)).collect();
        format!("{none} Parmi les manipulations de la validation, {}\u{a0}; {end}", enumerate(&each, "et"))
    }

    fn because(&self, headline: &str, reasons: &[Reason]) -> String {
        let reasons: Vec<_> = reasons.iter().map(|r| self.reason(*r)).collect();
        format!("{headline}\u{a0}: {}.", reasons.join("\u{a0}; "))
    }

    fn better_copy(&self) -> &'static str {
        "Une meilleure copie, idéalement le fichier d’origine issu de l’appareil, pourrait permettre l’examen."
    }

    fn usable(&self, usable: u64, all: u64) -> String {
        let (face, usable_word) = if all <= 1 { ("visage", "exploitable") } else { ("visages", "exploitables") };
        format!("{usable} sur {all} {face} {usable_word}")
    }

    fn score(&self, score: Score) -> String {
        format!("score {}", score.rounded().replace('.', ","))
    }

    fn scale(&self) -> &'static str {
        "La courbe et le score donnent le score étalonné des détecteurs, de 0 à 1, d’autant plus élevé que le visage \
         ressemble à des visages manipulés\u{a0}; ce n’est pas la probabilité que le fichier ait été manipulé."
    }

    fn stretches(&self, ranges: &[(String, String)]) -> String {
        let each: Vec<_> = ranges.iter().map(|(from, to)| format!("de {from} à {to}")).collect();
        format!("Ce qui ressort\u{a0}: {}.", enumerate(&each, "et"))
    }

    fn region(&self, region: FaceRegion) -> &'static str {
        match region {
            FaceRegion::Eyes => "yeux",
            FaceRegion::Brows => "sourcils",
            FaceRegion::Nose => "nez",
            FaceRegion::Mouth => "bouche",
            FaceRegion::CheeksAndJaw => "joues et mâchoire",
            FaceRegion::Forehead => "front",
            FaceRegion::HairAndBorder => "cheveux et contour",
            FaceRegion::Background => "arrière-plan",
        }
    }

    fn regions(&self, model: &str, at: Option<&str>, parts: &[(FaceRegion, f64)]) -> String {
        if parts.is_empty() {
            return String::new();
        }
        let parts: Vec<_> = parts.iter().map(|(r, logit)| weighed(self.region(*r), *logit, ',')).collect();
        let at = at.map(|at| format!(" à {at}")).unwrap_or_default();
        format!("Ce qui pèse le plus pour {model}{at}, en unités brutes\u{a0}: {}.", parts.join("\u{a0}; "))
    }

    fn map_shown(&self, file: &str, beaten: u32, random: u32) -> String {
        format!("Carte de chaleur (fait mieux que {beaten} cartes aléatoires sur {random})\u{a0}: {file}")
    }

    fn map_withheld(&self, beaten: u32, random: u32) -> String {
        format!(
            "La carte de chaleur n’est pas montrée\u{a0}: elle fait mieux que {beaten} cartes aléatoires sur {random}, trop \
             peu pour signifier quelque chose."
        )
    }

    fn maps(&self) -> &'static str {
        "Les zones colorées des cartes de chaleur indiquent ce qui a le plus pesé dans le score d’une méthode\u{a0}; elles \
         aident à regarder, elles ne cartographient pas la manipulation."
    }

    fn ladder(&self, low: Score, high: Score) -> String {
        let [low, high] = [low, high].map(|score| score.rounded().replace('.', ","));
        format!("Recompressées et réduites, les images aux scores les plus élevés gardent entre {low} et {high}.")
    }

    fn baseline(&self, model: &str, n: u64, reached: u64, unusual: Unusual) -> String {
        match unusual {
            Unusual::Yes => format!(
                "Selon {model}, inhabituel par rapport aux {n} clips que vous avez fournis\u{a0}: plus élevé que dans \
                 chacun d’eux, ce qui arrive par hasard une fois sur {}.",
                n + 1
            ),
            Unusual::No => format!(
                "Selon {model}, pas inhabituel par rapport aux {n} clips que vous avez fournis\u{a0}: {reached} d’entre \
                 eux atteignent au moins ce score."
            ),
        }
    }

    fn problem(&self, problem: &Problem) -> String {
        match problem {
            Problem::Missing { file } => format!("absent du paquet\u{a0}: {file}"),
            Problem::Changed { file } => format!("modifié depuis le scellement\u{a0}: {file}"),
            Problem::Added { file } => format!("ne fait pas partie du paquet scellé\u{a0}: {file}"),
            Problem::Unreadable { file } => format!("n’est plus lisible\u{a0}: {file}"),
            Problem::LogBroken { entry } => format!("le journal n’est plus cohérent à partir de l’entrée {entry}"),
            Problem::LogCut => "le journal ne se termine pas là où il se terminait au scellement".into(),
            Problem::Contradiction { what: "models" } => "manifeste et analyse nomment des modèles différents".into(),
            Problem::Contradiction { .. } => "manifeste et analyse portent sur des fichiers différents".into(),
            Problem::Tolerance { asked } => format!(
                "le manifeste permet aux sorties brutes un écart de {}, plus que ce programme n’en permet",
                asked.replace('.', ",")
            ),
        }
    }

    fn verify(&self, said: Said<'_>) -> String {
        match said {
            Said::Untouched(key) => format!("Le paquet est tel qu’il a été scellé. Empreinte de la clé\u{a0}: {key}"),
            Said::Touched => "Le paquet n’est pas tel qu’il a été scellé.".into(),
            Said::ModelChanged(id) => format!("les poids de {id} ne sont pas ici ceux qui ont été utilisés"),
            Said::ModelAbsent(id) => format!("{id}, qui a été utilisé, n’est pas installé ici"),
            Said::NoEvidence => {
                "Le fichier examiné n’est pas à disposition\u{a0}; les scores n’ont pas été recalculés.".into()
            }
            Said::EvidenceChanged { found } => {
                format!(
                    "le fichier à disposition n’est pas celui qui a été examiné\u{a0}: son empreinte SHA-256 est {found}"
                )
            }
            Said::EvidenceUnreadable(file) => format!("le fichier à disposition ne peut pas être lu\u{a0}: {file}"),
            Said::EvidenceSame => "Le fichier à disposition est celui qui a été examiné.".into(),
            Said::Confirmed { n, largest, tolerance } => format!(
                "Examiné à nouveau\u{a0}: {n} sorties brutes comparées, écart maximal {}, {} permis\u{a0}; même verdict.",
                comma(largest, 6),
                comma(tolerance, 3)
            ),
            Said::Differs(what) => format!("examiné à nouveau, le résultat diffère\u{a0}: {what}"),
            Said::NotRerun => "Les scores n’ont pas été recalculés.".into(),
        }
    }

    fn more_people(&self, n: usize) -> String {
        if n <= 1 { format!("et {n} autre personne") } else { format!("et {n} autres personnes") }
    }

    fn failed(&self) -> &'static str {
        "Échec"
    }

    fn covered(&self, first: &str, last: &str) -> String {
        format!("Le fichier est endommagé\u{a0}: seul le passage de {first} à {last} a pu être examiné.")
    }

    fn limits(&self) -> &'static str {
        "Ce résultat décrit ce que les méthodes citées ont observé dans le fichier fourni. Il n’établit ni l’origine de \
         l’enregistrement, ni son auteur, sa date ou son intention. Les méthodes ne reconnaissent que des types de \
         manipulation proches de leurs données de validation\u{a0}; une autre manipulation peut exister sans être \
         détectée."
    }

    fn editorial(&self) -> &'static str {
        "Ne publiez pas ce résultat seul. Recoupez avec la source, le fichier d’origine, le contexte et la personne \
         filmée\u{a0}; un second examinateur doit refaire l’analyse."
    }

    fn tally(&self, t: &Tally, seconds: f64) -> String {
        let all = t.all();
        let mut parts = Vec::new();
        for (n, one, many) in [
            (t.suspected, "avec soupçon", "avec soupçon"),
            (t.inconclusive, "non concluant", "non concluants"),
            (t.no_indication, "sans indice", "sans indice"),
            (t.not_examined, "non examiné", "non examinés"),
            (t.failed, "en échec", "en échec"),
        ] {
            if n > 0 {
                parts.push(format!("{n} {}", if n == 1 { one } else { many }));
            }
        }
        let files = format!("{all} {}", if all <= 1 { "fichier" } else { "fichiers" });
        let seconds = comma(seconds, 1);
        if parts.is_empty() {
            return format!("{files} en {seconds}\u{a0}s");
        }
        format!("{files} en {seconds}\u{a0}s\u{a0}: {}", parts.join(", "))
    }

    fn stopped(&self, left: usize, resumable: bool) -> String {
        let how = if resumable { "\u{a0}; la même commande avec --resume continue" } else { "" };
        match left {
            0 => "arrêté avant la fin".to_owned(),
            1 => format!("arrêté\u{a0}: 1 fichier n’a pas été examiné{how}"),
            left => format!("arrêté\u{a0}: {left} fichiers n’ont pas été examinés{how}"),
        }
    }

    fn left(&self) -> &'static str {
        "restant"
    }

    fn decimal_mark(&self) -> char {
        ','
    }
}
