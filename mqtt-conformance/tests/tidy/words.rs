//! The words of the pages: one word for one idea, as CONTRIBUTING.md says.

use crate::source::{files, read};

/// What is not said, and what is said instead.
const WORDS: [(&str, &str); 6] = [
    ("never asked", "not tested"),
    ("not asked", "not tested"),
    ("surprise", "unexpected result"),
    ("the question", "the test part"),
    ("statute", "statement"),
    ("requirement ", "statement"),
];

#[test]
fn pages_use_one_word_for_one_idea() {
    let mut pages = files("mqtt-conformance/docs", "md");
    pages.extend(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"].map(str::to_owned));
    assert!(pages.len() > 10);
    let mut wrong = Vec::new();
    for page in pages {
        for (number, line) in read(&page).lines().enumerate() {
            for (word, instead) in WORDS.iter().filter(|(word, _)| line.contains(word)) {
                wrong.push(format!("{page}:{}: {word:?} is called {instead:?}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
