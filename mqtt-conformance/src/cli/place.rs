//! Where a report goes: known to be writable before a run, and never half written.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::output::{CommandError, Readable, to_stdout};

/// A place that was found to be writable.
#[derive(Debug)]
pub(super) enum Place {
    Stdout,
    /// A file, by its true name. The report is written beside it and takes its place when it is whole.
    File(PathBuf),
    /// A pipe or a device, open: what is written is read at once, or gone.
    Stream(PathBuf, File),
}

/// Finds out whether a path can be written. Nothing is written yet, and what is there stays until there is something better.
pub(super) fn open(path: &Path) -> Result<Place, CommandError> {
    find(path).map_err(|error| {
        let unusable = CommandError::usage(format_args!("{} cannot be written: {error}", path.display()));
        match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => {
                unusable.hint(format_args!("the folder {} does not exist", folder.display()))
            }
            _ if path.is_dir() => unusable.hint("give the name of a file in that folder"),
            _ => unusable,
        }
    })
}

fn find(path: &Path) -> io::Result<Place> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) if !metadata.is_file() => {
            somebody_reads(path)?;
            Ok(Place::Stream(path.to_owned(), OpenOptions::new().write(true).open(path)?))
        }
        Ok(_) => {
            // A file that may not be changed is not replaced either.
            drop(OpenOptions::new().write(true).open(path)?);
            let file = path.canonicalize()?;
            drop(beside(&file)?);
            Ok(Place::File(file))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder.canonicalize()?,
                _ => std::env::current_dir()?,
            };
            let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
            let file = folder.join(name);
            drop(beside(&file)?);
            Ok(Place::File(file))
        }
        Err(error) => Err(error),
    }
}

/// A new file in the folder of this one.
fn beside(file: &Path) -> io::Result<NamedTempFile> {
    let mut new = tempfile::Builder::new();
    new.prefix(".mqtt-conformance-");
    #[cfg(unix)]
    let new = new.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    new.tempfile_in(file.parent().unwrap_or_else(|| Path::new(".")))
}

/// Whether a pipe has a reader; to open one without would last until there is one.
#[cfg(unix)]
fn somebody_reads(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;

    let at_once = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    match OpenOptions::new().write(true).custom_flags(at_once).open(path) {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
            Err(io::Error::other("nobody reads this pipe"))
        }
        opened => opened.map(drop),
    }
}

#[cfg(not(unix))]
fn somebody_reads(_: &Path) -> io::Result<()> {
    Ok(())
}

impl Place {
    /// Writes all of it, or leaves what was there.
    pub(super) fn write(
        self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), CommandError> {
        let (path, written) = match self {
            Self::Stdout => return to_stdout(|out| Ok(write(out)?)),
            Self::Stream(path, file) => {
                let mut out = BufWriter::new(Readable::new(file));
                (path, write(&mut out).and_then(|()| out.flush()))
            }
            Self::File(path) => {
                let written = replace(&path, write);
                (path, written)
            }
        };
        written.map_err(|error| {
            CommandError::usage(format_args!("{} cannot be written: {error}", path.display()))
        })
    }
}

fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut new = beside(path)?;
    let mut out = BufWriter::new(new.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    // Some file systems say only now that they are full.
    new.as_file().sync_all()?;
    if let Ok(metadata) = std::fs::metadata(path) {
        new.as_file().set_permissions(metadata.permissions())?;
    }
    new.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_that_cannot_be_written_leaves_the_older_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        std::fs::write(&path, "older").unwrap();
        let place = open(&path).unwrap();
        let failed = place.write(|out| {
            out.write_all(b"newer")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "older");
        open(&path).unwrap().write(|out| out.write_all(b"newer")).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "newer");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn to_look_whether_a_file_can_be_written_makes_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(open(&folder.path().join("report")).is_ok());
        assert!(open(&folder.path().join("none/report")).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
