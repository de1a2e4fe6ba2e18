//! The examples of the language's page and of the cookbook, as tests.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use mqtt_conformance::script::{self, Test};

/// The tests of each fenced example, known by the page and the line that the example begins at.
pub(crate) fn examples() -> Vec<Arc<Test>> {
    ["language", "cookbook"].iter().flat_map(|page| examples_of(page)).collect()
}

fn examples_of(page: &str) -> Vec<Arc<Test>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page).with_extension("md");
    let text = fs::read_to_string(path).unwrap();
    let mut examples: Vec<(usize, String)> = Vec::new();
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        match line {
            "```mqs" => {
                inside = true;
                examples.push((number + 2, String::new()));
            }
            "```" => inside = false,
            _ if inside => {
                let (_, example) = examples.last_mut().unwrap();
                example.push_str(line);
                example.push('\n');
            }
            _ => {}
        }
    }
    assert!(examples.len() > 5);
    examples
        .into_iter()
        .flat_map(|(line, example)| {
            let path = format!("{page}/line-{line}.mqs");
            let script = script::parse(&path, &example).unwrap_or_else(|e| panic!("{e:?}"));
            script::expand(&script, &path).unwrap_or_else(|e| panic!("{e:?}"))
        })
        .map(Arc::new)
        .collect()
}
