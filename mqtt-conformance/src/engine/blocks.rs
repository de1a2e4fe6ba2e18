//! `any-order` and `either`: several branches of which each waits for its own.

use tokio::time::Instant;

use super::expect::rounded;
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
            let ready = open.iter().find_map(|p| self.front(p.name).map(|front| (p.name, front.clone())));
            let Some((name, waiting)) = ready else {
                self.any_order_wait(&open).await?;
                continue;
            };
            if let Incoming::Packet(packet) = &waiting.what {
                let excused = open.iter_mut().find(|p| {
                    p.name == name
                        && !p.excused
                        && matches!(p.expected, Expected::Closed { reason } if self.excuse(reason.as_ref(), packet))
                });
                if let Some(p) = excused {
                    p.excused = true;
                    self.pop(name);
                    continue;
                }
            }
            let chosen =
                open.iter().position(|p| p.name == name && self.fits(p.expected, &waiting.what).is_ok());
            let Some(chosen) = chosen else {
                return self.any_order_unexpected(&open, name, &waiting, block);
            };
            let taken = open.remove(chosen);
            self.current = Some(taken.step);
            let after = waiting.at.saturating_duration_since(taken.since);
            if let Some(window) = taken.within
                && window.earliest.is_some_and(|earliest| after < earliest)
            {
                let got = waiting.describe(name);
                let text = format!("{} after {}", got.text, Time::Exactly(rounded(after)));
                let wanted = format!("{} {window}", self.describe(name, taken.expected));
                return self.fail(wanted, Got { text, ..got }, None);
            }
            self.bind(taken.expected, &waiting.what);
            self.pop(name);
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

    /// Waits for anything, but not longer than the first of the open expectations may.
    async fn any_order_wait(&mut self, open: &[Pending<'a>]) -> Ran {
        let first = open
            .iter()
            .map(|p| (p.since + self.latest(p.within, self.config.step_deadline), p.since, p.step))
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
        let firsts: Vec<(usize, &'a str, &'a Expected, Option<&'a Window>)> = branches
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
            let fitting = firsts.iter().find(|(_, name, expected, _)| {
                self.front(name).is_some_and(|waiting| {
                    self.fits(expected, &waiting.what).is_ok()
                        || matches!((expected, &waiting.what), (Expected::Closed { reason }, Incoming::Packet(packet))
                            if self.excuse(reason.as_ref(), packet))
                })
            });
            if let Some((i, ..)) = fitting {
                break *i;
            }
            let unexpected = firsts
                .iter()
                .find_map(|(_, name, ..)| self.front(name).map(|waiting| waiting.describe(name)));
            if let Some(got) = unexpected {
                let wanted: Vec<String> = firsts.iter().map(|(_, n, e, _)| self.describe(n, e)).collect();
                self.current = block;
                return self.fail(wanted.join("\nor "), got, None);
            }
            // Silence chooses its branch as soon as its window ends; the others have until the last deadline.
            let silence = firsts
                .iter()
                .filter(|(_, _, expected, _)| matches!(expected, Expected::Nothing))
                .map(|(i, _, _, within)| (since + self.latest(*within, self.config.quiet), Some(*i)))
                .min_by_key(|(until, _)| *until);
            let last = firsts
                .iter()
                .map(|(_, _, _, within)| (since + self.latest(*within, self.config.step_deadline), None))
                .max_by_key(|(until, _)| *until);
            let Some((until, silent)) = silence.or(last) else {
                return Ok(());
            };
            if !self.next(until).await? {
                if let Some(i) = silent {
                    let rest = branches.get(i).and_then(|b| b.get(1..)).unwrap_or_default();
                    return self.steps(rest).await;
                }
                let wanted: Vec<String> = firsts.iter().map(|(_, n, e, _)| self.describe(n, e)).collect();
                let got = format!("nothing for {}", Time::Exactly(until - since));
                return self.fail(wanted.join("\nor "), Got::words(got), None);
            }
        };
        let branch = branches.get(chosen).map(Vec::as_slice).unwrap_or_default();
        let Some((first, rest)) = branch.split_first() else {
            return Ok(());
        };
        Box::pin(self.step_since(first, since)).await?;
        self.steps(rest).await
    }
}

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
