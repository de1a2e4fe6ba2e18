//! A switch of the reference broker, and tables of them.
//!
//! There are two tables: `rule_table.rs` holds what the standards demand, `liberty_table.rs` what they leave free.

/// One line of a table `T` of switches: its name, what it says, and the clauses it rests on.
#[non_exhaustive]
pub struct Switch<T> {
    /// The name of the field, such as `answers_pingreq`.
    pub name: &'static str,
    /// What a broker does whose switch is on.
    pub about: &'static str,
    /// The statements that the line rests on, such as `5.0/MQTT-3.12.4-1`; for a liberty also sections, such as `5.0/3.8.4`.
    pub statements: &'static [&'static str],
    /// Reads the switch.
    pub get: fn(&T) -> bool,
    /// Sets the switch.
    pub set: fn(&mut T, bool),
}

impl<T: Default> Switch<T> {
    /// The default with this one switch the other way.
    #[must_use]
    pub fn switched(&self) -> T {
        let mut table = T::default();
        let on = (self.get)(&table);
        (self.set)(&mut table, !on);
        table
    }
}

impl<T> Clone for Switch<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Switch<T> {}

impl<T> std::fmt::Debug for Switch<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, about: _, statements, get: _, set: _ } = self;
        f.debug_struct("Switch").field("name", name).field("statements", statements).finish_non_exhaustive()
    }
}

/// Declares a table of switches and the list of its lines from one text, so that no line can be missing from the list.
macro_rules! switches {
    (
        $(#[$meta:meta])*
        pub struct $Table:ident, all $default:literal, $because:literal;
        $($(#[doc = $about:literal])+ $name:ident [$($statement:literal),+];)*
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $Table {
            $(
                $(#[doc = $about])+
                #[doc = ""]
                #[doc = concat!($because, $(" `", $statement, "`",)+ ".")]
                pub $name: bool,
            )*
        }

        impl $Table {
            /// All lines, in the order of the table.
            pub const ALL: &'static [$crate::server::switch::Switch<Self>] = &[$(
                $crate::server::switch::Switch {
                    name: stringify!($name),
                    about: concat!($($about),+).trim_ascii(),
                    statements: &[$($statement),+],
                    get: |table| table.$name,
                    set: |table, on| table.$name = on,
                },
            )*];

            /// The line with this name.
            #[must_use]
            pub fn find(name: &str) -> Option<&'static $crate::server::switch::Switch<Self>> {
                Self::ALL.iter().find(|line| line.name == name)
            }
        }

        impl Default for $Table {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }
    };
}
pub(in crate::server) use switches;
