//! Why a document is not an analysis.

/// What can be wrong with a stored analysis.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnalysisError {
    /// Not JSON, or not of this shape.
    #[error("not an analysis of the form {schema}: {source}", schema = crate::SCHEMA)]
    Shape {
        /// What the parser met.
        #[from]
        source: serde_json::Error,
    },
    /// Of a form this version does not know.
    #[error("the analysis is of the form {found}, this version reads {schema}", schema = crate::SCHEMA)]
    Schema {
        /// The form it names.
        found: String,
    },
}
