//! Analyses as files for people and for other programs.
//!
//! Owns the table of results ([`csv`]). Takes finished analyses, gives text; opens no file, knows no
//! clock, sees no tensor. Comes after `analysis` in the flow.
#![forbid(unsafe_code)]

pub mod csv;
