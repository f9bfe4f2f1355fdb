//! The tree of Praeco's query builder, and the query that Praeco makes of it.

use serde_json::{Value as Json, json};
use sigmalert_query::lang::{Limits, lucene};
use sigmalert_query::{Expr, FieldName, Test};

/// A tree that Praeco cannot open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// It is not JSON.
    #[error("is not valid JSON: {0}")]
    Json(String),
    /// It has no list of conditions.
    #[error("has no list `children`")]
    NoChildren,
}

/// The most conditions of a tree: a form with more is not usable.
const MAX_NODES: usize = 200;

/// Returns the tree for an expression on index fields, and the query that Praeco makes of it.
///
/// Returns `None` for what the query builder cannot express: keyword searches, `n of`, constants.
pub fn query_builder(expr: &Expr, limits: &Limits) -> Option<(String, String)> {
    let mut nodes = 0;
    let children = match expr {
        Expr::Or(items) if same_field(items).is_none() => ("any", items.as_slice(), false),
        Expr::And(items) if same_field(items).is_none() => ("all", items.as_slice(), false),
        one => ("all", std::slice::from_ref(one), false),
    };
    let root = group(children.0, children.1, children.2, limits, &mut nodes)?;
    let query = compile(&root);
    Some((json!({ "query": root }).to_string(), query))
}

/// A group of conditions, each negated if the group is.
fn group(operator: &str, items: &[Expr], negated: bool, limits: &Limits, nodes: &mut usize) -> Option<Json> {
    let any = operator == "any";
    let mut children = Vec::with_capacity(items.len());
    for item in items {
        let child = node(item, negated, limits, nodes)?;
        // In Lucene a bare negation next to `OR` applies to the whole disjunction; in a group of its own it does not.
        let bare = child["type"] == "query-builder-rule"
            && matches!(child["query"]["selectedOperator"].as_str(), Some("does not contain" | "is empty"));
        children.push(if any && bare {
            json!({"type": "query-builder-group", "query": {"logicalOperator": "all", "children": [child]}})
        } else {
            child
        });
    }
    Some(json!({"logicalOperator": operator, "children": children}))
}

fn node(e: &Expr, negated: bool, limits: &Limits, nodes: &mut usize) -> Option<Json> {
    *nodes += 1;
    if *nodes > MAX_NODES {
        return None;
    }
    let inner = |operator: &str, items: &[Expr], nodes: &mut usize| {
        group(operator, items, negated, limits, nodes).map(|g| json!({"type": "query-builder-group", "query": g}))
    };
    match e {
        Expr::Not(item) => {
            *nodes -= 1;
            node(item, !negated, limits, nodes)
        }
        Expr::Test(Some(field), Test::Exists) => Some(rule(field, if negated { "is empty" } else { "is not empty" }, None)),
        Expr::Test(Some(field), _) => {
            Some(rule(field, if negated { "does not contain" } else { "contains" }, Some(&value(e, field, limits)?)))
        }
        Expr::And(items) | Expr::Or(items) => {
            if let Some(field) = same_field(items) {
                let text = value(e, field, limits)?;
                return Some(rule(field, if negated { "does not contain" } else { "contains" }, Some(&text)));
            }
            // De Morgan.
            inner(if matches!(e, Expr::And(_)) == negated { "any" } else { "all" }, items, nodes)
        }
        Expr::Test(None, _) | Expr::AtLeast(..) | Expr::Const(_) => None,
    }
}

fn rule(field: &FieldName, operator: &str, value: Option<&str>) -> Json {
    json!({"type": "query-builder-rule", "query": {"rule": &**field, "selectedOperator": operator, "selectedOperand": &**field, "value": value}})
}

/// The field that all items test, so that they are one group: `field:(a OR b)`.
fn same_field(items: &[Expr]) -> Option<&FieldName> {
    let field = |e: &'_ Expr| match e {
        Expr::Test(Some(f), Test::Pattern(_) | Test::Token(_) | Test::Regex(_) | Test::Cidr(_) | Test::Phrase(_)) => Some(f.clone()),
        _ => None,
    };
    let first = field(items.first()?)?;
    let all = items.iter().all(|i| field(i).as_ref() == Some(&first));
    match items.first() {
        Some(Expr::Test(Some(f), _)) if all => Some(f),
        _ => None,
    }
}

/// The part of a Lucene query after `field:`.
fn value(e: &Expr, field: &FieldName, limits: &Limits) -> Option<String> {
    let text = lucene::print(e, limits).ok()?;
    let head = lucene::print(&Expr::exists(field.clone()), limits).ok()?;
    text.strip_prefix(head.strip_suffix('*')?).map(str::to_owned)
}

/// Returns the query that Praeco makes of the value of `__praeco_query_builder`, or `None` for a tree without conditions.
///
/// # Errors
/// If Praeco cannot read the tree.
pub fn compile_tree(text: &str) -> Result<Option<String>, TreeError> {
    let tree: Json = serde_json::from_str(text).map_err(|e| TreeError::Json(e.to_string()))?;
    let Some(root) = tree.get("query").filter(|q| !q.is_null()) else { return Ok(None) };
    if !root.get("children").is_some_and(Json::is_array) {
        return Err(TreeError::NoChildren);
    }
    Ok(Some(compile(root)).filter(|q| !q.is_empty()))
}

/// The query of a group. As in Praeco, every operator other than `all` is OR.
fn compile(group: &Json) -> String {
    let joint = if group["logicalOperator"] == "all" { " AND " } else { " OR " };
    let children = group["children"].as_array().map(Vec::as_slice).unwrap_or_default();
    let texts: Vec<String> = children
        .iter()
        .map(|c| {
            let q = &c["query"];
            if c["type"] == "query-builder-group" {
                return format!("({})", compile(q));
            }
            let field = escaped(q["rule"].as_str().unwrap_or_default());
            let value = q["value"].as_str().filter(|v| !v.is_empty()).unwrap_or("*");
            match q["selectedOperator"].as_str() {
                Some("contains") => format!("{field}:{value}"),
                Some("does not contain") => format!("NOT {field}:{value}"),
                Some("is empty") => format!("NOT {field}:*"),
                Some("is not empty") => format!("{field}:*"),
                Some("less than") => format!("{field}:<{value}"),
                Some("greater than") => format!("{field}:>{value}"),
                Some("regex") => format!("{field}:/{value}/"),
                _ => String::new(),
            }
        })
        .collect();
    texts.join(joint)
}

/// A field name as Praeco escapes it.
fn escaped(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    for c in field.chars() {
        if "/+-&|!(){}[]^\"~*?:\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
