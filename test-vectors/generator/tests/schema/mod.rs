//! As much of JSON Schema (draft 2020-12) as the schema of the vectors uses.

use regex_lite::Regex;
use serde_json::Value;

/// Checks a value; the error says where and what.
pub(crate) fn check(schema: &Value, value: &Value) -> Result<(), String> {
    Checker { root: schema }.check(schema, value, "")
}

struct Checker<'a> {
    root: &'a Value,
}

impl Checker<'_> {
    fn check(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let rules = schema.as_object().expect("a schema is an object");
        for (keyword, rule) in rules {
            self.rule(rules, keyword, rule, value, at)?;
        }
        Ok(())
    }

    fn rule(
        &self,
        rules: &serde_json::Map<String, Value>,
        keyword: &str,
        rule: &Value,
        value: &Value,
        at: &str,
    ) -> Result<(), String> {
        let ensure = |holds: bool| {
            if holds { Ok(()) } else { Err(format!("{at}: {keyword} {rule}, not {value:.200}")) }
        };
        let list = rule.as_array().map_or(&[][..], Vec::as_slice);
        let number = rule.as_u64().unwrap_or_default();
        match keyword {
            "$schema" | "$defs" | "title" | "description" => Ok(()),
            "$ref" => {
                let pointer =
                    rule.as_str().and_then(|text| text.strip_prefix('#')).expect("a local reference");
                self.check(self.root.pointer(pointer).expect("a known reference"), value, at)
            }
            "type" => ensure(match rule.as_str() {
                Some("object") => value.is_object(),
                Some("array") => value.is_array(),
                Some("string") => value.is_string(),
                Some("integer") => value.is_u64() || value.is_i64(),
                Some("boolean") => value.is_boolean(),
                other => panic!("unknown type {other:?}"),
            }),
            "const" => ensure(value == rule),
            "enum" => ensure(list.contains(value)),
            "required" => ensure(list.iter().all(|name| value.get(name.as_str().expect("a name")).is_some())),
            "properties" => {
                for (name, schema) in rule.as_object().expect("an object") {
                    if let Some(member) = value.get(name) {
                        self.check(schema, member, &format!("{at}/{name}"))?;
                    }
                }
                Ok(())
            }
            "additionalProperties" => {
                assert_eq!(rule, false, "only `false` is known");
                let known = rules.get("properties").and_then(Value::as_object);
                ensure(value.as_object().is_none_or(|members| {
                    members.keys().all(|name| known.is_some_and(|known| known.contains_key(name)))
                }))
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.check(rule, item, &format!("{at}/{index}"))?;
                }
                Ok(())
            }
            "minItems" => ensure(value.as_array().is_none_or(|items| items.len() as u64 >= number)),
            "maxItems" => ensure(value.as_array().is_none_or(|items| items.len() as u64 <= number)),
            "uniqueItems" => ensure(value.as_array().is_none_or(|items| {
                items.iter().enumerate().all(|(index, item)| !items[..index].contains(item))
            })),
            "minProperties" => ensure(value.as_object().is_none_or(|members| members.len() as u64 >= number)),
            "maxProperties" => ensure(value.as_object().is_none_or(|members| members.len() as u64 <= number)),
            "minLength" => ensure(value.as_str().is_none_or(|text| text.chars().count() as u64 >= number)),
            "minimum" => ensure(value.as_u64().is_none_or(|value| value >= number)),
            "maximum" => ensure(value.as_u64().is_none_or(|value| value <= number)),
            "pattern" => {
                let pattern = Regex::new(rule.as_str().expect("a pattern")).expect("a pattern that is one");
                ensure(value.as_str().is_none_or(|text| pattern.is_match(text)))
            }
            "oneOf" | "anyOf" => {
                let results: Vec<_> = list.iter().map(|schema| self.check(schema, value, at)).collect();
                let count = results.iter().filter(|result| result.is_ok()).count();
                if count == 1 || (keyword == "anyOf" && count > 0) {
                    return Ok(());
                }
                let problems: Vec<String> = results.into_iter().filter_map(Result::err).collect();
                Err(format!("{at}: {count} of {} alternatives hold: {}", list.len(), problems.join("; ")))
            }
            "not" => ensure(self.check(rule, value, at).is_err()),
            other => panic!("unknown keyword {other}"),
        }
    }
}
