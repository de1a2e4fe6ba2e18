//! What [`mqtt_codec`] costs: eleven workloads, a floor, other codecs, and ways to measure.
//!
//! - [`workload`]: the rows of the table, and their bytes.
//! - [`codec`]: what each codec has to do, and the loops that are measured.
//! - [`ours`], [`floor`]: the adapters that are always built.
//! - `peers`: the adapters of other crates, with the feature of that name.
//! - [`callgrind`]: instruction counts, the same in every run. [`clock`]: nanoseconds, once and quickly.
//! - `corpus`: which malformed packets a codec accepts, with the feature `peers`.

pub mod callgrind;
pub mod clock;
pub mod codec;
#[cfg(feature = "peers")]
pub mod corpus;
pub mod floor;
pub mod ours;
#[cfg(feature = "peers")]
pub mod peers;
pub mod workload;

use codec::Visitor;

/// Visits the floors and this project's codec.
pub fn visit_ours(visitor: &mut impl Visitor) {
    visitor.codec::<floor::Floor<false>>();
    visitor.codec::<floor::Floor<true>>();
    visitor.codec::<floor::FloorShared<false>>();
    visitor.codec::<floor::FloorShared<true>>();
    visitor.codec::<ours::BorrowedV3>();
    visitor.codec::<ours::BorrowedV5>();
    visitor.codec::<ours::SharedV3>();
    visitor.codec::<ours::SharedV5>();
    visitor.codec::<ours::OwnedV3>();
    visitor.codec::<ours::OwnedV5>();
    visitor.codec::<ours::FramedV3>();
    visitor.codec::<ours::FramedV5>();
}

/// Visits all codecs that are built: with the feature `peers`, those of others as well.
pub fn visit_all(visitor: &mut impl Visitor) {
    visit_ours(visitor);
    #[cfg(feature = "peers")]
    peers::visit_peers(visitor);
}
