//! Files with certificates and keys, and what is wrong with them.

use std::path::{Path, PathBuf};

use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

/// A file with certificates or a key that cannot be used: which, where, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{}: {what}", file.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
#[non_exhaustive]
pub struct FileError {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1, where the format has lines.
    pub line: Option<usize>,
    /// What is wrong, and what was expected.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl FileError {
    pub(super) fn new(file: &Path, line: Option<usize>, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, what: what.into(), hint: None }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// A section of a PEM file, with the line where it begins.
struct Section<'t> {
    line: usize,
    label: &'t str,
    text: &'t str,
}

/// Cuts a PEM file into sections, so that what is wrong with one can be said with its line.
fn sections(text: &str) -> Vec<Section<'_>> {
    let mut begins: Vec<(usize, usize, &str)> = Vec::new();
    let mut offset = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if let Some(label) = line.trim().strip_prefix("-----BEGIN ") {
            begins.push((offset, number + 1, label.trim_end_matches('-')));
        }
        offset += line.len();
    }
    let ends = begins.iter().skip(1).map(|(at, ..)| *at).chain([text.len()]);
    begins
        .iter()
        .zip(ends)
        .map(|((at, line, label), end)| Section {
            line: *line,
            label,
            text: text.get(*at..end).unwrap_or(""),
        })
        .collect()
}

/// Reads a PEM file as text.
fn read(file: &Path, wanted: &str) -> Result<String, FileError> {
    let bytes = std::fs::read(file).map_err(|e| {
        FileError::new(file, None, format!("cannot be read: {e}")).hint("is this the right path?")
    })?;
    let der = bytes.first() == Some(&0x30);
    String::from_utf8(bytes).map_err(|_| {
        let error =
            FileError::new(file, None, format!("is not text; expected PEM with `-----BEGIN {wanted}-----`"));
        if der {
            error.hint(format!(
                "it looks like DER: openssl x509 -inform der -in {} makes PEM of a certificate",
                file.display()
            ))
        } else {
            error
        }
    })
}

fn broken(file: &Path, section: &Section<'_>, error: &PemError) -> FileError {
    let label = section.label;
    let what = match error {
        PemError::MissingSectionEnd { .. } => {
            format!("this section does not end: expected `-----END {label}-----`")
        }
        PemError::Base64Decode(_) => format!("the lines of this {label} are not base64"),
        other => format!("this {label} cannot be read: {other}"),
    };
    FileError::new(file, Some(section.line), what)
        .hint("was the file cut off or edited? take it again from where it was made")
}

/// No section is of the wanted kind.
fn nothing(file: &Path, sections: &[Section<'_>], wanted: &str) -> FileError {
    match sections.first() {
        Some(found) => FileError::new(
            file,
            Some(found.line),
            format!("holds a {}; expected `-----BEGIN {wanted}-----`", found.label),
        ),
        None => FileError::new(file, None, format!("is no PEM file; expected `-----BEGIN {wanted}-----`")),
    }
}

/// All certificates of a file, at least one, each with its line.
pub(super) fn certificates(file: &Path) -> Result<Vec<(usize, CertificateDer<'static>)>, FileError> {
    let text = read(file, "CERTIFICATE")?;
    let sections = sections(&text);
    let mut certificates = Vec::new();
    for section in sections.iter().filter(|section| section.label == "CERTIFICATE") {
        let certificate = CertificateDer::from_pem_slice(section.text.as_bytes());
        certificates.push((section.line, certificate.map_err(|e| broken(file, section, &e))?));
    }
    if certificates.is_empty() {
        let error = nothing(file, &sections, "CERTIFICATE");
        let key = sections.iter().any(|section| section.label.ends_with("PRIVATE KEY"));
        return Err(if key { error.hint("are the files of --cert and --key swapped?") } else { error });
    }
    Ok(certificates)
}

/// The private key of a file, with its line.
pub(super) fn private_key(file: &Path) -> Result<(usize, PrivateKeyDer<'static>), FileError> {
    let text = read(file, "PRIVATE KEY")?;
    let sections = sections(&text);
    let Some(section) = sections.iter().find(|section| section.label.ends_with("PRIVATE KEY")) else {
        let error = nothing(file, &sections, "PRIVATE KEY");
        let certificate = sections.iter().any(|section| section.label == "CERTIFICATE");
        return Err(if certificate {
            error.hint("are the files of --cert and --key swapped?")
        } else {
            error
        });
    };
    if section.label.starts_with("ENCRYPTED") || section.text.contains("Proc-Type: 4,ENCRYPTED") {
        let error = FileError::new(
            file,
            Some(section.line),
            "this key is encrypted; expected one without a passphrase",
        );
        return Err(error.hint(format!("openssl pkey -in {} makes a plain one of it", file.display())));
    }
    let key =
        PrivateKeyDer::from_pem_slice(section.text.as_bytes()).map_err(|e| broken(file, section, &e))?;
    Ok((section.line, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T: std::fmt::Debug>(
        name: &str,
        text: &[u8],
        read: fn(&Path) -> Result<T, FileError>,
        error: &str,
    ) {
        let file = std::env::temp_dir().join(format!("mqtt-conformance-{}-{name}.pem", std::process::id()));
        std::fs::write(&file, text).unwrap();
        let found = read(&file).unwrap_err().to_string();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(found.replace(&file.display().to_string(), "FILE"), error);
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        check("empty", b"", certificates, "FILE: is no PEM file; expected `-----BEGIN CERTIFICATE-----`");
        check(
            "der",
            &[0x30, 0x82, 0xff],
            certificates,
            "FILE: is not text; expected PEM with `-----BEGIN CERTIFICATE-----`",
        );
        let key = b"# a key\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        check(
            "key",
            key,
            certificates,
            "FILE:2: holds a PRIVATE KEY; expected `-----BEGIN CERTIFICATE-----`",
        );
        let cut = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nAAAA\n";
        check(
            "cut",
            cut,
            certificates,
            "FILE:4: this section does not end: expected `-----END CERTIFICATE-----`",
        );
        let bent = b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
        check("bent", bent, certificates, "FILE:1: the lines of this CERTIFICATE are not base64");
        let certificate = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        check(
            "cert",
            certificate,
            private_key,
            "FILE:1: holds a CERTIFICATE; expected `-----BEGIN PRIVATE KEY-----`",
        );
        let locked = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        check(
            "locked",
            locked,
            private_key,
            "FILE:1: this key is encrypted; expected one without a passphrase",
        );
    }
}
