//! `any-order` and `either`: several branches of which each waits for its own.

use tokio::time::Instant;

use super::expect::{Look, rounded};
use super::incoming::{Got, Incoming, Waiting};
use super::{Engine, Ran};
use crate::script::{Action, Expected, Step, Time, Window};
use crate::transport::Connector;

impl<'a, C: Connector> Engine<'a, C> {
    /// All branches, each a sequence of expectations and answers, in whatever order they come.
    pub(super) async fn any_order(&mut self, branches: &'a [Vec<Step>]) -> Ran {
        let block = self.current;
        let start = Instant::now();
        let mut open: Vec<Pending<'a>> = branches.iter().filter_map(|b| Pending::new(b, start)).collect();
        while !open.is_empty() {
            let found = open.iter().enumerate().find_map(|(i, p)| match self.look(p.name, p.expected) {
                Look::At(at) => Some((i, at)),
                Look::InTheWay(_) | Look::NotYet => None,
            });
            let Some((chosen, place)) = found else {
                let Some((name, place)) = self.in_the_way(&open) else {
                    self.any_order_wait(&open).await?;
                    continue;
                };
                let Some(waiting) = self.arrival(name, place).cloned() else { return Ok(()) };
                let excused = open
                    .iter_mut()
                    .find(|p| p.name == name && !p.excused && self.may_precede(p.expected, &waiting.what));
                if let Some(p) = excused {
                    p.excused = true;
                    self.remove(name, place);
                    continue;
                }
                return self.any_order_unexpected(&open, name, &waiting, block);
            };
            let Some(name) = open.get(chosen).map(|p| p.name) else { return Ok(()) };
            let Some(waiting) = self.arrival(name, place).cloned() else { return Ok(()) };
            let taken = open.remove(chosen);
            self.current = Some(taken.step);
            let after = waiting.at.saturating_duration_since(taken.since);
            if let Some(window) = taken.within
                && after < self.earliest(Some(window))
            {
                let got = waiting.describe(name);
                let text = format!("{} after {}", got.text, Time::Exactly(rounded(after)));
                let wanted = format!("{} {window}", self.describe(name, taken.expected));
                return self.fail(wanted, Got { text, ..got }, None);
            }
            self.bind(taken.expected, &waiting.what);
            self.remove(name, place);
            let mut rest = taken.rest;
            while let Some((step, after)) = rest.split_first() {
                if matches!(step.action, Action::Expect { .. }) {
                    break;
                }
                Box::pin(self.step(step)).await?;
                rest = after;
            }
            if let Some(next) = Pending::new(rest, Instant::now()) {
                open.insert(chosen.min(open.len()), next);
            }
        }
        self.current = block;
        Ok(())
    }

    /// Whether a packet may stand before an expected close.
    fn may_precede(&self, expected: &Expected, came: &Incoming) -> bool {
        matches!((expected, came), (Expected::Closed { reason }, Incoming::Packet(packet))
            if self.excuse(reason.as_ref(), packet))
    }

    /// The first arrival that none of the open expectations of its connection can come after.
    fn in_the_way(&self, open: &[Pending<'a>]) -> Option<(&'a str, usize)> {
        open.iter().find_map(|first| {
            let places =
                open.iter().filter(|p| p.name == first.name).map(|p| match self.look(p.name, p.expected) {
                    Look::InTheWay(at) => Some(at),
                    Look::At(_) | Look::NotYet => None,
                });
            places.collect::<Option<Vec<_>>>()?.into_iter().max().map(|at| (first.name, at))
        })
    }

    /// Waits for anything, but not longer than the first of the open expectations may.
    async fn any_order_wait(&mut self, open: &[Pending<'a>]) -> Ran {
        let first = open
            .iter()
            .map(|p| (p.since + self.latest(p.within, self.config.deadline()), p.since, p.step))
            .min_by_key(|(until, ..)| *until);
        let Some((until, since, step)) = first else {
            return Ok(());
        };
        if self.next(until).await? {
            return Ok(());
        }
        self.current = Some(step);
        let wanted: Vec<String> = open.iter().map(|p| self.describe(p.name, p.expected)).collect();
        let rest: String = open.iter().take(1).map(|p| self.unfinished(p.name)).collect();
        let got = format!("nothing for {}{rest}", Time::Exactly(until - since));
        self.fail(wanted.join("\n"), Got::words(got), None)
    }

    /// What came on a connection fits none of its open expectations.
    fn any_order_unexpected(
        &mut self,
        open: &[Pending<'a>],
        name: &str,
        waiting: &Waiting,
        block: Option<&'a Step>,
    ) -> Ran {
        let here: Vec<&Pending<'a>> = open.iter().filter(|p| p.name == name).collect();
        let wanted: Vec<String> = here.iter().map(|p| self.describe(name, p.expected)).collect();
        let mut difference = None;
        self.current = block;
        if let [one] = here.as_slice() {
            difference = self.differs(name, one.expected, &waiting.what);
            self.current = Some(one.step);
        }
        self.fail(wanted.join("\n"), waiting.describe(name), difference)
    }

    /// The branch that what comes first belongs to.
    pub(super) async fn either(&mut self, branches: &'a [Vec<Step>]) -> Ran {
        let since = Instant::now();
        let block = self.current;
        let firsts: Vec<First<'a>> = branches
            .iter()
            .enumerate()
            .filter_map(|(i, branch)| match &branch.first()?.action {
                Action::Expect { connection, expected, within } => {
                    Some((i, connection.as_str(), expected, within.as_ref()))
                }
                _ => None,
            })
            .collect();
        let chosen = loop {
            let fitting = firsts.iter().find(|(_, name, expected, _)| match self.look(name, expected) {
                Look::At(_) => true,
                Look::InTheWay(at) => {
                    self.arrival(name, at).is_some_and(|waiting| self.may_precede(expected, &waiting.what))
                }
                Look::NotYet => false,
            });
            if let Some((i, ..)) = fitting {
                break *i;
            }
            if let Some((name, waiting)) = self.unexpected(&firsts) {
                let wanted: Vec<String> = firsts.iter().map(|(_, n, e, _)| self.describe(n, e)).collect();
                self.current = block;
                // A broker that has no room now has not answered what the test is about.
                self.preparation |= waiting.what.is_full();
                let difference =
                    firsts.iter().filter(|(_, other, ..)| *other == name).find_map(|(_, _, expected, _)| {
                        self.differs(name, expected, &waiting.what).filter(|differs| differs.text.is_some())
                    });
                return self.fail(wanted.join("\nor "), waiting.describe(name), difference);
            }
            // Silence chooses its branch as soon as its window ends; the others have until the last deadline.
            let silence = firsts
                .iter()
                .filter(|(_, _, expected, _)| matches!(expected, Expected::Nothing))
                .map(|(i, _, _, within)| (since + self.latest(*within, self.config.silence()), Some(*i)))
                .min_by_key(|(until, _)| *until);
            let last = firsts
                .iter()
                .map(|(_, _, _, within)| (since + self.latest(*within, self.config.deadline()), None))
                .max_by_key(|(until, _)| *until);
            let Some((until, silent)) = silence.or(last) else {
                return Ok(());
            };
            if !self.next(until).await? {
                if let Some((i, true)) = silent.map(|i| (i, self.silent(&firsts, i))) {
                    let rest = branches.get(i).and_then(|b| b.get(1..)).unwrap_or_default();
                    return self.steps(rest).await;
                }
                let wanted: Vec<String> = firsts.iter().map(|(_, n, e, _)| self.describe(n, e)).collect();
                let came = firsts.iter().find_map(|(_, n, ..)| Some(self.arrival(n, 0)?.describe(n)));
                let nothing = || Got::words(format!("nothing for {}", Time::Exactly(until - since)));
                return self.fail(wanted.join("\nor "), came.unwrap_or_else(nothing), None);
            }
        };
        let branch = branches.get(chosen).map(Vec::as_slice).unwrap_or_default();
        let Some((first, rest)) = branch.split_first() else {
            return Ok(());
        };
        Box::pin(self.step_since(first, since)).await?;
        self.steps(rest).await
    }

    /// Nothing waits on the connection of a branch that silence chooses.
    fn silent(&self, firsts: &[First<'a>], branch: usize) -> bool {
        firsts.iter().all(|(i, name, ..)| *i != branch || self.arrival(name, 0).is_none())
    }

    /// What came on a connection that belongs to no branch, and that none of the branches can come after.
    fn unexpected(&self, firsts: &[First<'a>]) -> Option<(&'a str, Waiting)> {
        firsts.iter().find_map(|(_, name, ..)| {
            let places = firsts.iter().filter(|(_, other, ..)| other == name).map(|(_, _, expected, _)| {
                match self.look(name, expected) {
                    Look::InTheWay(at) => Some(at),
                    Look::At(_) | Look::NotYet => None,
                }
            });
            let at = places.collect::<Option<Vec<_>>>()?.into_iter().max()?;
            self.arrival(name, at).map(|waiting| (*name, waiting.clone()))
        })
    }
}

/// The expectation that a branch of `either` begins with, and which branch it is.
type First<'a> = (usize, &'a str, &'a Expected, Option<&'a Window>);

/// A branch of `any-order` that waits.
struct Pending<'a> {
    name: &'a str,
    expected: &'a Expected,
    within: Option<&'a Window>,
    /// When its turn began.
    since: Instant,
    step: &'a Step,
    /// What follows when it is satisfied.
    rest: &'a [Step],
    /// The one packet that may precede a close has come.
    excused: bool,
}

impl<'a> Pending<'a> {
    fn new(steps: &'a [Step], since: Instant) -> Option<Self> {
        let (step, rest) = steps.split_first()?;
        let Action::Expect { connection, expected, within } = &step.action else {
            return None;
        };
        Some(Self { name: connection, expected, within: within.as_ref(), since, step, rest, excused: false })
    }
}
