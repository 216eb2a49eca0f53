//! Everything that a report of a kept analysis is made from.

use report::{Dossier, Extent, Lang, Material, Moment, Opinion, Redaction, Style, concerned};
use scan::analysis::{Analysis, EvidenceState, Exhibit, FileFacts, ModelFacts};
use scan::base::{Ctx, Progress, Stage};
use scan::{APP, Limits, Masking, collect_exhibits, heat_maps_from, model_facts};

use crate::desk::Desk;
use crate::error::CommandError;
use crate::ipc::{EvidenceFound, ReportExtent, ReportOptions, ReportRedaction, SystemLanguage};
use crate::now::seconds_since_1970;

pub(super) struct Prepared {
    analysis: Analysis,
    models: Vec<ModelFacts>,
    pub exhibits: Vec<Exhibit>,
    evidence: EvidenceState,
    dossier: Dossier,
    made: Moment,
    style: Style,
}

impl Prepared {
    /// Reads the analysis and cuts the pictures.
    pub fn of(desk: &Desk, id: i64, options: &ReportOptions, ctx: &Ctx<'_>) -> Result<Self, CommandError> {
        let (mut analysis, path) =
            desk.with_library(|library| Ok((library.document(id)?, library.evidence(id)?.path)))?;
        let at = FileFacts::at(&path);
        (analysis.file.path, analysis.file.path_bytes) = (at.path, at.path_bytes);
        let (dossier, style) = (dossier_of(options), style_of(options));
        let masking = match style.redaction {
            Redaction::Off => Masking::Off,
            Redaction::On => Masking::Others(concerned(&analysis, &dossier)),
        };
        let cut = collect_exhibits(&path, &analysis, &masking, &Limits::default(), ctx)?;
        let map = |place: usize| {
            let place = u32::try_from(place).ok()?;
            desk.with_library(|library| library.heat_map(id, place)).ok().flatten().map(|map| map.picture)
        };
        let mut exhibits = cut.exhibits;
        exhibits.extend(heat_maps_from(&analysis, &map, &masking));
        let models = model_facts(&desk.models_folder()?, &analysis);
        let made = Moment { unix_seconds: seconds_since_1970(), offset_minutes: options.offset_minutes };
        ctx.checkpoint(Progress { stage: Stage::Writing, done: 0, total: None })?;
        Ok(Self { analysis, models, exhibits, evidence: cut.evidence, dossier, made, style })
    }

    pub fn material(&self) -> Material<'_> {
        Material {
            analysis: &self.analysis,
            models: &self.models,
            exhibits: &self.exhibits,
            evidence: &self.evidence,
            dossier: &self.dossier,
            app: APP,
            made: self.made,
            style: self.style,
        }
    }

    pub fn evidence_found(&self) -> EvidenceFound {
        self.evidence.clone().into()
    }
}

fn style_of(options: &ReportOptions) -> Style {
    Style {
        lang: match options.language {
            SystemLanguage::En => Lang::En,
            SystemLanguage::Fr => Lang::Fr,
        },
        extent: match options.extent {
            ReportExtent::Full => Extent::Full,
            ReportExtent::Summary => Extent::Summary,
        },
        redaction: match options.redaction {
            ReportRedaction::Off => Redaction::Off,
            ReportRedaction::On => Redaction::On,
        },
    }
}

fn dossier_of(options: &ReportOptions) -> Dossier {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let opinion = |text| Opinion { text, by: given(&options.author), at: options.first_opinion_at.clone() };
    Dossier {
        case: given(&options.case_name),
        author: given(&options.author),
        organisation: given(&options.organisation),
        question: given(&options.question),
        notes: given(&options.notes),
        first_opinion: given(&options.first_opinion).map(opinion),
        ..Dossier::default()
    }
}
