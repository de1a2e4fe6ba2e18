//! What the house keeps to, read from the sources: CONTRIBUTING.md has the reasons, ARCHITECTURE.md the floors.

mod citations;
mod imports;
mod sizes;
mod source;
mod words;
