//! What the standards leave a server no choice about, as switches; the table of them is in `rule_table.rs`.

use super::Rules;

/// One switch of [`Rules`]: its name, what it says, and the statements that demand it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Rule {
    /// The name of the field, such as `answers_pingreq`.
    pub name: &'static str,
    /// What a server that obeys does.
    pub about: &'static str,
    /// The statements that demand it, such as `5.0/MQTT-3.12.4-1`. Where a version has no numbered statement for it, a
    /// general one is cited that covers it.
    pub statements: &'static [&'static str],
    /// Reads the switch.
    pub get: fn(&Rules) -> bool,
    /// Sets the switch.
    pub set: fn(&mut Rules, bool),
}

impl Rule {
    /// The mutant of this rule: the standard with this one switch off.
    #[must_use]
    pub fn mutant(&self) -> Rules {
        let mut rules = Rules::standard();
        (self.set)(&mut rules, false);
        rules
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, about: _, statements, get: _, set: _ } = self;
        f.debug_struct("Rule").field("name", name).field("statements", statements).finish_non_exhaustive()
    }
}

/// Declares [`Rules`] and its table from one list, so that no rule can be missing from the mutants.
macro_rules! rules {
    ($($(#[doc = $about:literal])+ $name:ident [$($statement:literal),+];)*) => {
        /// Every point where the standards leave a server no choice and a client can see it.
        ///
        /// [`Rules::standard`] obeys all of them. A server with one of them switched off is a *mutant*: a broker with one
        /// known fault, which some script has to notice.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Rules {
            $(
                $(#[doc = $about])+
                #[doc = ""]
                #[doc = concat!("Demanded by", $(" `", $statement, "`",)+ ".")]
                pub $name: bool,
            )*
        }

        impl Rules {
            /// The standards, in full.
            #[must_use]
            pub const fn standard() -> Self {
                Self { $($name: true,)* }
            }

            /// All rules, in the order of the table.
            pub const ALL: &'static [Rule] = &[$(
                Rule {
                    name: stringify!($name),
                    about: concat!($($about),+).trim_ascii(),
                    statements: &[$($statement),+],
                    get: |rules| rules.$name,
                    set: |rules, on| rules.$name = on,
                },
            )*];

            /// The rule with this name.
            #[must_use]
            pub fn find(name: &str) -> Option<&'static Rule> {
                Self::ALL.iter().find(|rule| rule.name == name)
            }
        }

        impl Default for Rules {
            fn default() -> Self {
                Self::standard()
            }
        }
    };
}
pub(super) use rules;
